#pragma once

#include <prefopt/detail/full_softmax/item_block.hpp>
#include <prefopt/detail/full_softmax/layout.hpp>
#include <prefopt/detail/full_softmax/memory.hpp>
#include <prefopt/detail/full_softmax/plan.hpp>
#include <prefopt/detail/full_softmax/query_group.hpp>

namespace prefopt::detail {

/// A group of examples, and what both passes do with it: scores of a block of items, one panel at a time.
template <class T>
class full_softmax_group {
 public:
  using scalar = scalar_t<T>;
  using task = full_softmax_task<scalar>;

  full_softmax_group(const full_softmax_plan<scalar>& plan, const full_softmax_layout<T>& layout, index first,
                     full_softmax_memory<scalar>& memory)
      : plan(plan),
        layout(layout),
        first_example(first),
        queries(plan.queries.block(first, smaller(layout.group, plan.examples - first)),
                plan.inverse_temperature, layout, memory) {}

  /// Copies a block of items into the task's scratch; says whether all of its numbers are finite.
  bool load(index first, index count, task& task) const {
    scalar* const items = task.items.take(layout.block * layout.padded_width);
    return load_rows<T>(plan.catalogue.block(first, count), layout.padded_width, items);
  }

  /// Scores of the block in the task's scratch, [items up to the padding, panel width]. The rows behind the
  /// items hold nothing of use.
  matrix_view<scalar> score(index count, index panel, task& task) const {
    const index rows = round_up(count, padding<T>), examples = queries.panel_width(panel);
    const matrix_view<const scalar> items{task.items.data(), rows, plan.width, layout.padded_width, 1};
    const matrix_view<scalar> scores{task.scores.take(layout.block * layout.panel), rows, examples, examples,
                                     1};
    multiply<T>(items, queries.columns(panel), scores, false);
    return scores;
  }

  /// Calls `visit(b, place of its target's score)` for the examples of a panel whose target is among the items
  /// [first, first + count).
  template <class Visit>
  void each_target(index panel, index first, index count, const matrix_view<scalar>& scores,
                   const Visit& visit) const {
    const index start = panel * layout.panel, examples = smaller(queries.count() - start, layout.panel);
    for (index b = 0; b < examples; ++b) {
      const index item = plan.targets(first_example + start + b, 0) - first;
      if (item >= 0 && item < count) visit(start + b, scores(item, b));
    }
  }

  const full_softmax_plan<scalar>& plan;
  const full_softmax_layout<T>& layout;
  const index first_example;
  query_group<T> queries;
};

}  // namespace prefopt::detail
