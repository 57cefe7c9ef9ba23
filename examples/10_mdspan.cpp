// Views in the manner of std::mdspan and Kokkos: the layout is a type, and prefopt reads any that has strides.
#include <cassert>
#include <cmath>
#include <cstddef>
#include <vector>
#include <version>

#if defined(__cpp_lib_mdspan)
#include <mdspan>
namespace md = std;
#else
#include "small_mdspan.hpp"  // the same names, for a standard library without them
namespace md = small;
#endif

#include <prefopt/prefopt.hpp>

int main() {
  using shape = md::dextents<std::size_t, 2>;
  constexpr std::size_t users = 3, candidates = 4;

  // The scores of one candidate after another, as Fortran, Julia and Kokkos on a GPU lay them out.
  std::vector<float> memory(users * candidates);
  for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = std::sin(static_cast<float>(i));
  const md::mdspan<const float, shape, md::layout_left> scores(memory.data(), users, candidates);

  // The gradient goes into every other column of a wider array.
  std::vector<float> wide(users * 2 * candidates, 7.0f);
  const md::layout_stride::mapping<shape> every_other{shape(users, candidates), {2 * candidates, 2}};
  const md::mdspan<float, shape, md::layout_stride> gradient(wide.data(), every_other);

  const auto objective = prefopt::s_dpo({.beta = 0.5});
  const prefopt::result result = prefopt::evaluate(objective, {.policy = scores}, gradient);

  // The same in C's order: the same loss, the same gradient.
  std::vector<float> rows(memory.size()), expected(memory.size());
  for (std::size_t i = 0; i < memory.size(); ++i) rows[i % users * candidates + i / users] = memory[i];
  const prefopt::result plain =
      prefopt::evaluate(objective, {.policy = md::mdspan<const float, shape>(rows.data(), users, candidates)},
                        md::mdspan<float, shape>(expected.data(), users, candidates));

  assert(std::abs(result.loss - plain.loss) < 1e-6);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    assert(std::abs(wide[2 * i] - expected[i]) < 1e-6f);
    assert(wide[2 * i + 1] == 7.0f);  // between them nothing is touched
  }
}
