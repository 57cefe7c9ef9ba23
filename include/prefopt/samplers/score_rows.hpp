#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include <prefopt/detail/transpose.hpp>
#include <prefopt/error.hpp>
#include <prefopt/samplers/detail/candidate_source.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::samplers {

/// A candidate source: scores that the caller has. Draws from the same scores are the same on every machine.
class score_rows {
 public:
  /// scores  [B, V], a row for each example, V from 1 to 2^31 - 1. Kept, not copied. An item whose score is −inf or
  ///         NaN is not drawn.
  /// Throws `invalid_argument` if there is no item.
  explicit score_rows(tensor_ref<const float> scores) : scores_(*scores) {
    detail::require(scores_.columns >= 1 && scores_.columns <= INT32_MAX, "score_rows", "scores is ",
                    detail::shape_text(scores_.rows, scores_.columns), ", expected 1 to 2^31 - 1 columns");
  }

  index rows() const { return scores_.rows; }
  index num_items() const { return scores_.columns; }
  static constexpr std::string_view rows_name = "scores";

  struct memory {};

  /// Hands the scores of the rows [first, first + count) to `sink`, packs of ascending items; NaN beyond the last.
  template <class Sink>
  void scan(index first, index count, Sink& sink, memory&) const {
    const index whole = scores_.column_stride == 1 ? num_items() / lanes * lanes : 0;
    for (index b = 0; b < count; ++b) {
      for (index item = 0; item < whole; item += lanes)
        sink(b, item, detail::load_pack<float, lanes>(&scores_(first + b, item)));
      for (index item = whole; item < num_items(); item += lanes) sink(b, item, gather(first + b, item));
    }
  }

  float score(index row, std::int32_t item) const { return scores_(row, item); }

 private:
  using packed = native_pack<float>;
  static constexpr int lanes = lane_count<packed>;

  packed gather(index row, index item) const {
    packed scores(std::numeric_limits<float>::quiet_NaN());
    for (int i = 0; i < lanes && item + i < num_items(); ++i) set_lane(scores, i, scores_(row, item + i));
    return scores;
  }

  matrix_view<const float> scores_;
};

}  // namespace prefopt::samplers
