#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/row.hpp>

/// \file
/// What a row offers to a loss, over candidates some of which are masked or left out, against plain loops.

namespace {

using prefopt::array_row;
using prefopt::column;
using prefopt::index;
using prefopt::lane;
using prefopt::row_memory;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int candidates = 7;

/// Four examples of seven candidates, one per lane. Lane 0: all count. Lane 1: candidates 2 and 5 are masked.
/// Lane 2: the preferred item alone counts. Lane 3: everything ties.
template <class T>
struct fixture {
  using mask = prefopt::mask_t<T>;
  static constexpr std::array<std::array<double, candidates>, 4> values{{{0.5, -1, 2, 2, 0.25, -3, 1},
                                                                         {1, 0, 99, -2, 1, 99, 0.5},
                                                                         {3, 9, 9, 9, 9, 9, 9},
                                                                         {1, 1, 1, 1, 1, 1, 1}}};
  static bool counts(int example, index k) {
    return example == 1 ? k != 2 && k != 5 : example == 2 ? k == 0 : true;
  }

  std::array<T, candidates> policy;
  std::array<mask, candidates> valid;
  prefopt::detail::scratch scratch;
  row_memory<T> memory;

  fixture() {
    for (std::size_t k = 0; k < candidates; ++k) {
      policy[k] = T(0);
      valid[k] = mask(false);
      for (int i = 0; i < prefopt::lane_count<T>; ++i) {
        prefopt::set_lane(policy[k], i,
                          static_cast<prefopt::scalar_t<T>>(values[static_cast<std::size_t>(i)][k]));
        prefopt::set_lane(valid[k], i, counts(i, static_cast<index>(k)));
      }
    }
    memory.candidates = candidates;
    memory.policy = policy.data();
    memory.valid = valid.data();
    memory.scratch = &scratch;
  }

  array_row<T> row() {
    const array_row<T> row(memory);
    row.begin_term();
    return row;
  }
};

/// The values that count in an example, in order.
std::vector<double> counted(int example) {
  std::vector<double> kept;
  for (index k = 0; k < candidates; ++k)
    if (fixture<double>::counts(example, k))
      kept.push_back(fixture<double>::values[static_cast<std::size_t>(example)][static_cast<std::size_t>(k)]);
  return kept;
}

using lanes = prefopt::pack<float, 4>;  // a register of every machine

/// Is `expected(example's counted values)` in each lane?
template <class Expected>
void check(const lanes& actual, const Expected& expected) {
  for (int example = 0; example < 4; ++example) {
    CAPTURE(example);
    CHECK(lane(actual, example) ==
          doctest::Approx(static_cast<double>(expected(counted(example)))).epsilon(1e-6));
  }
}

TEST_CASE("reductions_run_over_the_candidates_that_count") {
  fixture<lanes> f;
  const auto row = f.row();
  const auto r = row.policy();
  check(row.preferred(r), [](const auto& v) { return v[0]; });
  check(row.sum(r), [](const auto& v) {
    double sum = 0;
    for (const double x : v) sum += x;
    return sum;
  });
  check(row.sum(r * r, row.rejected()), [](const auto& v) {
    double sum = 0;
    for (std::size_t k = 1; k < v.size(); ++k) sum += v[k] * v[k];
    return sum;
  });
  check(row.count(row.rejected()), [](const auto& v) { return v.size() - 1; });
  check(row.count(row.is_preferred()), [](const auto&) { return 1; });
  check(row.max(r), [](const auto& v) { return *std::ranges::max_element(v); });
  const auto hardest = row.max(r, row.rejected());
  for (const int example : {0, 1, 3}) {
    const auto v = counted(example);
    CHECK(lane(hardest, example) == *std::max_element(v.begin() + 1, v.end()));
  }
  CHECK(lane(hardest, 2) == -infinity);
  const auto mean = row.mean(r, row.rejected());
  CHECK(lane(mean, 3) == 1);
  CHECK(std::isnan(lane(mean, 2)));
  const auto some = row.any(row.rejected());
  for (const int example : {0, 1, 3}) CHECK(lane(some, example));
  CHECK_FALSE(lane(some, 2));
}

TEST_CASE("scans_pass_over_candidates_that_do_not_count") {
  fixture<lanes> f;
  const auto row = f.row();
  const auto suffix = row.suffix_logsumexp(row.policy()), prefix = row.prefix_logsumexp(row.policy());
  const auto position = row.position();
  for (int example = 0; example < 4; ++example) {
    const auto& v = fixture<lanes>::values[static_cast<std::size_t>(example)];
    double before = 0, seen = 0;
    for (index k = 0; k < candidates; ++k) {
      double after = 0;
      for (index j = k; j < candidates; ++j)
        if (f.counts(example, j)) after += std::exp(v[static_cast<std::size_t>(j)]);
      CHECK(lane(position.at(k), example) == seen);
      if (f.counts(example, k)) {
        before += std::exp(v[static_cast<std::size_t>(k)]);
        ++seen;
      }
      if (after == 0)
        CHECK(lane(suffix.at(k), example) == -infinity);
      else
        CHECK(lane(suffix.at(k), example) == doctest::Approx(std::log(after)).epsilon(1e-6));
      CHECK(lane(prefix.at(k), example) == doctest::Approx(std::log(before)).epsilon(1e-6));
    }
  }
}

TEST_CASE("ranks_count_from_1_and_ties_go_to_the_earlier_candidate") {
  fixture<lanes> f;
  const auto row = f.row();
  const auto rank = row.rank(row.policy());
  const std::array<double, 7> first{4, 6, 1, 2, 5, 7, 3};
  for (std::size_t k = 0; k < 7; ++k) {
    CHECK(lane(rank.at(static_cast<index>(k)), 0) == first[k]);
    CHECK(lane(rank.at(static_cast<index>(k)), 3) == static_cast<double>(k + 1));
  }
  CHECK(lane(rank.at(0), 1) == 1);  // 1, 0, -2, 1, 0.5 count
  CHECK(lane(rank.at(4), 1) == 2);
  CHECK(lane(rank.at(6), 1) == 3);
  CHECK(lane(rank.at(1), 1) == 4);
  CHECK(lane(rank.at(3), 1) == 5);
}

TEST_CASE("pairs_are_visited_once_and_slopes_are_antisymmetric") {
  fixture<lanes> f;
  const auto row = f.row();
  const auto r = row.policy();
  const auto total = row.pair_sum([&](auto i, auto j) { return (i(r) - j(r)) * (i(r) - j(r)); });
  const auto slopes = row.pair_slopes([&](auto i, auto j) { return 2 * (i(r) - j(r)); });
  check(total, [](const auto& v) {
    double sum = 0;
    for (std::size_t i = 0; i < v.size(); ++i)
      for (std::size_t j = i + 1; j < v.size(); ++j) sum += (v[i] - v[j]) * (v[i] - v[j]);
    return sum;
  });
  check(row.sum(slopes), [](const auto&) { return 0; });
  CHECK(lane(slopes.at(0), 0) == doctest::Approx(2 * (7 * 0.5 - 1.75)));
  for (index k = 1; k < candidates; ++k) CHECK(lane(slopes.at(k), 2) == 0);
}

TEST_CASE("per_example_code_gets_a_copy_of_the_rejected_values") {
  fixture<lanes> f;
  const auto row = f.row();
  lanes::mask asked(true);
  prefopt::set_lane(asked, 1, false);
  const auto median = row.per_example(
      asked, lanes(-7),
      [](std::span<float> values) {
        std::ranges::sort(values);
        return values[values.size() / 2];
      },
      row.policy());
  CHECK(lane(median, 0) == 1);   // of -3, -1, 0.25, 1, 2, 2
  CHECK(lane(median, 1) == -7);  // not asked
  CHECK(lane(median, 2) == -7);  // has none
  CHECK(lane(median, 3) == 1);
  CHECK(lane(row.policy().at(1), 0) == -1);
}

TEST_CASE("a_kept_column_is_computed_once") {
  fixture<lanes> f;
  const auto row = f.row();
  int reads = 0;
  const auto policy = row.policy();
  const auto count = [&](prefopt::index k) {
    ++reads;
    return policy.at(k);
  };
  const auto kept = row.keep(prefopt::column<decltype(count)>{count});
  CHECK(reads == candidates);
  CHECK(lane(row.sum(kept) + row.sum(kept), 0) == 3.5);
  CHECK(reads == candidates);
  const auto mask = row.keep(row.policy() > row.number(0));
  CHECK(lane(row.count(mask), 0) == 5);
}

TEST_CASE("a_selection_leaves_rejected_items_out_and_never_the_preferred_one") {
  fixture<lanes> f;
  const auto row = f.row();
  row.select_rejected(row.policy() > row.number(1.5));
  CHECK(lane(row.count(row.rejected()), 0) == 2);
  CHECK(lane(row.count(row.is_preferred()), 0) == 1);
  CHECK(lane(row.count(row.rejected()), 1) == 0);
  CHECK(lane(row.count(row.rejected()), 3) == 0);
  index unselected = 0;
  for (index k = 0; k < candidates; ++k) unselected += lane(row.unselected().at(k), 1);
  CHECK(unselected == 4);
  row.begin_term();
  CHECK(lane(row.count(row.rejected()), 0) == 6);
}

TEST_CASE("absent_inputs_are_neutral") {
  fixture<lanes> f;
  const auto row = f.row();
  CHECK(lane(row.reference().at(3), 0) == 0);
  CHECK(lane(row.relevance().at(3), 0) == 0);
  CHECK(lane(row.log_q().at(3), 0) == 0);
  CHECK(lane(row.lengths().at(3), 0) == 1);
  CHECK(lane(row.kl(), 0) == 0);
  CHECK(lane(row.example_beta(0.25), 0) == 0.25);
  const lanes beta(0.75);
  f.memory.beta = &beta;
  CHECK(lane(row.example_beta(0.25), 0) == 0.75);
}

TEST_CASE("the_preferred_item_may_stand_anywhere_in_an_ordered_row") {
  fixture<lanes> f;
  std::array<lanes::mask, candidates> preferred;
  preferred.fill(lanes::mask(false));
  prefopt::set_lane(preferred[5], 0, true);
  for (int example = 1; example < 4; ++example) prefopt::set_lane(preferred[0], example, true);
  f.memory.preferred = preferred.data();
  const auto row = f.row();
  CHECK(lane(row.preferred(row.policy()), 0) == -3);
  CHECK(lane(row.preferred(row.policy()), 1) == 1);
  CHECK(lane(row.max(row.policy(), row.rejected()), 0) == 2);
  CHECK(lane(row.count(row.rejected()), 0) == 6);
}

TEST_CASE("long_sums_of_floats_keep_their_digits") {
  constexpr index many = 100'000;
  using number = prefopt::pack<float, 1>;
  std::vector<number> policy(many, number(0.1f));
  prefopt::detail::scratch scratch;
  row_memory<number> memory;
  memory.candidates = many;
  memory.policy = policy.data();
  memory.scratch = &scratch;
  const array_row<number> row(memory);
  CHECK(lane(row.sum(row.policy()), 0) == doctest::Approx(many * 0.1f).epsilon(1e-5));
}

TEST_CASE("columns_mix_with_numbers_and_masks_from_either_side") {
  fixture<lanes> f;
  const auto row = f.row();
  const auto r = row.policy();
  const auto at = [](const auto& column) { return lane(column.at(1), 0); };  // r = -1 there
  CHECK(at(1 - r) == 2);
  CHECK(at(r * 3 + 1) == -2);
  CHECK(at(-r / 2) == 0.5);
  CHECK(at(select(r < row.number(0), row.number(5), r)) == 5);
  CHECK(at(select(row.is_preferred(), 1 + r, -r)) == 1);
  CHECK(at(abs(r)) == 1);
  CHECK(at(exp(r)) == doctest::Approx(std::exp(-1.0)));
  CHECK(at(log1p(expm1(r))) == doctest::Approx(-1));
  CHECK(at(softplus(r) + log_sigmoid(-r)) == 0);
  CHECK(at(sigmoid(r)) == doctest::Approx(1 / (1 + std::exp(1.0))));
  CHECK(at(tanh(r)) == doctest::Approx(std::tanh(-1.0)));
  CHECK(at(log1mexp(r)) == doctest::Approx(std::log1p(-std::exp(-1.0))));
  CHECK(at(log(exp(constant(r)))) == doctest::Approx(-1));
  CHECK(at(select((r >= row.number(-1)) & !(r > row.number(0)), 1 + r, r) + 4) == 4);
  CHECK(at(select((r <= row.number(-2)) | (r < row.number(0)), 7 + r, r)) == 6);
}

}  // namespace
