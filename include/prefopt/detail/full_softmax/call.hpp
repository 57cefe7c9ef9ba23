#pragma once

#include <prefopt/detail/full_softmax/chunks.hpp>
#include <prefopt/detail/full_softmax/first_pass.hpp>
#include <prefopt/detail/full_softmax/group.hpp>
#include <prefopt/detail/full_softmax/second_pass.hpp>
#include <prefopt/detail/full_softmax/settle.hpp>

namespace prefopt::detail {

/// With less work than this, waking a second thread costs more than it brings.
inline constexpr double smallest_shared_softmax = 1 << 22;

/// One call of `full_softmax`, group after group.
template <class T>
full_softmax_result run_full_softmax(const full_softmax_plan<scalar_t<T>>& plan, const executor& executor,
                                     full_softmax_memory<scalar_t<T>>& memory) {
  const full_softmax_layout<T> layout(plan.examples, plan.items, plan.width);
  const double work = static_cast<double>(plan.queries.size()) * static_cast<double>(plan.items);
  const chunk_walk<scalar_t<T>> chunks(plan.items, layout.chunk, executor, work >= smallest_shared_softmax,
                                       memory);
  full_softmax_result result;
  index first = 0;
  do {  // without examples, too: the gradient of the catalogue is zeros then
    full_softmax_group<T> group(plan, layout, first, memory);
    full_softmax_first_pass<T>(group, chunks, memory).run();
    settle_group(group, memory, result);
    if (plan.query_gradient.data != nullptr || plan.item_gradient.data != nullptr)
      full_softmax_second_pass<T>(group, chunks, memory).run();
    first += layout.group;
  } while (first < plan.examples);
  result.loss *= plan.loss_scale;
  if (result.examples > 0) result.accuracy /= static_cast<double>(result.examples);
  return result;
}

}  // namespace prefopt::detail
