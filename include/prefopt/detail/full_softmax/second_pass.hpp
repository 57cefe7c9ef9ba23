#pragma once

#include <prefopt/detail/full_softmax/chunks.hpp>
#include <prefopt/detail/full_softmax/group.hpp>
#include <prefopt/detail/full_softmax/panel.hpp>

namespace prefopt::detail {

/// The second pass over the catalogue: the scores once more, as slopes, and with them both gradients.
template <class T>
class full_softmax_second_pass {
 public:
  using scalar = scalar_t<T>;
  using task = full_softmax_task<scalar>;
  using part = full_softmax_part<scalar>;

  full_softmax_second_pass(const full_softmax_group<T>& group, const chunk_walk<scalar>& chunks,
                           full_softmax_memory<scalar>& memory)
      : group_(group), chunks_(chunks), examples_(memory.examples), total_(memory.total) {}

  void run() {
    if (of_queries()) total_.query_sums.take(group_.queries.gradient_size(), 0);
    chunks_.run(
        [this](index first, index last, task& task, part& part) { add_chunk(first, last, task, part); },
        [this](const part& part) {
          if (of_queries()) add(part.query_sums.data(), total_.query_sums.data());
        });
    if (of_queries()) store_query_gradient();
  }

 private:
  bool of_queries() const { return group_.plan.query_gradient.data != nullptr; }
  bool of_items() const { return group_.plan.item_gradient.data != nullptr; }

  template <class Number>
  void add(const Number* numbers, double* sums) const {
    for (index i = 0; i < group_.queries.gradient_size(); ++i) sums[i] += static_cast<double>(numbers[i]);
  }

  /// The gradient of the queries is summed in its own type over a few blocks, and in double over those sums.
  void add_chunk(index first, index last, task& task, part& part) const {
    double* const sums = of_queries() ? part.query_sums.take(group_.queries.gradient_size(), 0) : nullptr;
    for (; first < last; first += group_.layout.flush) {
      scalar* const gradient =
          of_queries() ? task.query_gradient.take(group_.queries.gradient_size(), 0) : nullptr;
      const index end = smaller(first + group_.layout.flush, last);
      for (index block = first; block < end; block += group_.layout.block)
        add_block(block, smaller(group_.layout.block, end - block), task);
      if (of_queries()) add(gradient, sums);
    }
    end_stream();
  }

  void add_block(index first, index count, task& task) const {
    const index width = group_.layout.padded_width, rows = round_up(count, padding<T>);
    group_.load(first, count, task);
    const matrix_view<scalar> item_gradient{task.item_gradient.take(rows * width, 0), rows, width, width, 1};
    const matrix_view<const scalar> items_by_component{task.items.data(), width, count, 1, width};
    for (index panel = 0; panel < group_.queries.panels(); ++panel) {
      const matrix_view<scalar> slopes = find_slopes(first, count, panel, task);
      if (of_items()) multiply<T>(slopes, group_.queries.rows(panel), item_gradient, true);
      if (of_queries())
        multiply<T>(items_by_component, slopes.block(0, count),
                    group_.queries.gradient_panel(task.query_gradient.data(), panel), true);
    }
    if (of_items())
      store_rows<T>(item_gradient.data, width, group_.plan.item_gradient.block(first, count),
                    how_items_are_stored());
  }

  row_store how_items_are_stored() const {
    return choose_row_store<T>(group_.plan.item_gradient, group_.plan.accumulate || group_.first_example > 0);
  }

  matrix_view<scalar> find_slopes(index first, index count, index panel, task& task) const {
    const matrix_view<scalar> scores = group_.score(count, panel, task);
    const index place = panel * group_.layout.panel;
    to_slopes<T>(scores, examples_.tops.data() + place, examples_.factors.data() + place);
    group_.each_target(panel, first, count, scores,
                       [&](index b, scalar& slope) { slope = examples_.target_slopes.data()[b]; });
    return scores;
  }

  void store_query_gradient() const {
    constexpr index panel = full_softmax_layout<T>::panel;
    for (index b = 0; b < group_.queries.count(); ++b) {
      const auto sums = group_.queries.gradient_panel(total_.query_sums.data(), b / panel);
      for (index k = 0; k < group_.plan.width; ++k) {
        scalar& place = group_.plan.query_gradient(group_.first_example + b, k);
        const auto slope = static_cast<scalar>(sums(k, b % panel) * group_.plan.inverse_temperature);
        place = group_.plan.accumulate ? place + slope : slope;
      }
    }
  }

  const full_softmax_group<T>& group_;
  const chunk_walk<scalar>& chunks_;
  const full_softmax_examples<scalar>& examples_;
  part& total_;
};

}  // namespace prefopt::detail
