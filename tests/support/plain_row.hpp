#pragma once

#include <limits>
#include <vector>

#include <prefopt/row.hpp>

namespace test {

/// One example over doubles, candidate 0 preferred; −inf masks. What a part sees, without an engine around it.
class plain_row {
 public:
  using number = prefopt::pack<double, 1>;
  using mask = prefopt::mask_t<number>;

  explicit plain_row(const std::vector<double>& policy, const std::vector<double>& reference = {}) {
    const bool with_reference = !reference.empty();
    for (std::size_t k = 0; k < policy.size(); ++k) {
      const bool counts = policy[k] > -std::numeric_limits<double>::infinity();
      valid_.push_back(mask(counts));
      policy_.push_back(number(counts ? policy[k] : -1));
      if (with_reference) reference_.push_back(number(reference[k]));
    }
    memory_.candidates = static_cast<prefopt::index>(policy.size());
    memory_.policy = policy_.data();
    memory_.reference = with_reference ? reference_.data() : nullptr;
    memory_.valid = valid_.data();
    memory_.scratch = &scratch_;
    row().begin_term();
  }
  plain_row(const plain_row&) = delete;
  plain_row& operator=(const plain_row&) = delete;

  prefopt::array_row<number> row() { return prefopt::array_row<number>(memory_); }

  /// The rejected items that a selection chooses.
  template <class Selection>
  std::vector<bool> chosen(const Selection& selection) {
    const auto mask = selection(row());
    std::vector<bool> all;
    for (prefopt::index k = 0; k < memory_.candidates; ++k)
      all.push_back(k > 0 && prefopt::lane(row().valid(k) & mask.at(k), 0));
    return all;
  }
  /// Lets a selection act, as the composition does.
  template <class Selection>
  prefopt::array_row<number> select(const Selection& selection) {
    row().select_rejected(selection(row()));
    return row();
  }

 private:
  std::vector<number> policy_, reference_;
  std::vector<mask> valid_;
  prefopt::detail::scratch scratch_;
  prefopt::row_memory<number> memory_;
};

}  // namespace test
