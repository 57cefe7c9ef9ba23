#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "draws.hpp"

namespace {

std::uint64_t hash(const std::vector<std::int32_t>& numbers) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const std::int32_t number : numbers) sum = (sum ^ static_cast<std::uint32_t>(number)) * 0x100000001b3;
  return sum;
}

constexpr std::uint64_t in_a_program_of_its_own = 0xacfb474c5bd8ffbf;  // with any flags

TEST_CASE("a_translation_unit_draws_the_same_beside_others_of_other_flags") {
  CHECK(hash(test::draws_by_default()) == in_a_program_of_its_own);
#if defined(PREFOPT_WITHOUT_AVX)
  CHECK(hash(test::draws_without_avx()) == in_a_program_of_its_own);
#endif
#if defined(PREFOPT_BY_NVCC)
  CHECK(hash(test::draws_by_nvcc()) == in_a_program_of_its_own);
#endif
}

}  // namespace
