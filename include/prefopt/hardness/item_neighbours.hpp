#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <prefopt/error.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt {
namespace detail {

/// unit(x), added to `sum`; nothing for a vector of zeros.
template <class Scalar>
void add_unit(const matrix_view<const Scalar>& rows, index item, std::span<double> sum) {
  double squares = 0;
  for (index j = 0; j < rows.columns; ++j)
    squares += static_cast<double>(rows(item, j)) * static_cast<double>(rows(item, j));
  const double scale = squares > 0 ? 1 / prefopt::sqrt(squares) : 0;
  for (index j = 0; j < rows.columns; ++j)
    sum[static_cast<std::size_t>(j)] += scale * static_cast<double>(rows(item, j));
}

}  // namespace detail

/// HaRS's item vectors (HaNoRec, Wang 2025, Eq. 4, as in the code): e_j = unit(unit(text_j) + unit(image_j)); rows of
/// zeros add nothing and stay zero. The paper adds the raw vectors.
/// \param text, image [V, d], any adapted tensor; items known by one kind of vector alone: `image` absent
/// \return [V, d], row-major
template <class Scalar>
std::vector<double> fuse_embeddings(const tensor_ref<const Scalar>& text,
                                    const tensor_ref<const Scalar>& image = {}) {
  constexpr auto here = "fuse_embeddings";
  detail::require(bool(text), here, "text is absent, expected [V, d] vectors");
  const index items = text->rows, width = text->columns;
  detail::require(!image || (image->rows == items && image->columns == width), here, "image is ",
                  image ? detail::shape_text(image->rows, image->columns) : "", ", expected ",
                  detail::shape_text(items, width), " (the shape of text)");
  std::vector<double> fused(static_cast<std::size_t>(items * width), 0.0),
      sum(static_cast<std::size_t>(width));
  for (index item = 0; item < items; ++item) {
    for (double& x : sum) x = 0;
    detail::add_unit(*text, item, std::span(sum));
    if (image) detail::add_unit(*image, item, std::span(sum));
    const matrix_view<const double> both{sum.data(), 1, width, width, 1};
    detail::add_unit(both, 0, std::span(fused).subspan(static_cast<std::size_t>(item * width), sum.size()));
  }
  return fused;
}

/// Each item's nearest others: `ids` and `scores` are [V, count], best first.
struct item_neighbours {
  index count = 0;
  std::vector<std::int32_t> ids;
  std::vector<double> scores;

  index items() const { return count > 0 ? static_cast<index>(ids.size()) / count : 0; }
  std::span<const double> scores_of(index item) const {
    return std::span(scores).subspan(static_cast<std::size_t>(item * count), static_cast<std::size_t>(count));
  }
};

/// The `count` items with the largest products with each item, itself left out; of equal ones the smaller id first.
/// Over `fuse_embeddings` these are the nearest by cosine.
/// \param vectors [V, d], row-major
/// \param count   in [1, V − 1]; HaNoRec: 10 or 20
/// \throws invalid_argument for a count outside its range
/// O(V² d + V² count) at worst, shared out by item; memory for the result alone.
inline item_neighbours nearest_items(const matrix_view<const double>& vectors, index count,
                                     const executor& executor = {}) {
  const index items = vectors.rows;
  detail::require(count >= 1 && count < items, "nearest_items", "count is ", count,
                  ", expected a value in [1, ", items, ") (the other items)");
  const auto places = static_cast<std::size_t>(items * count);
  item_neighbours found{count, std::vector<std::int32_t>(places), std::vector<double>(places)};
  const auto product = [&](index a, index b) {
    double sum = 0;
    for (index j = 0; j < vectors.columns; ++j) sum += vectors(a, j) * vectors(b, j);
    return sum;
  };
  const auto search = [&](index anchor) {
    std::int32_t* const ids = found.ids.data() + anchor * count;
    double* const scores = found.scores.data() + anchor * count;
    index size = 0;
    for (index other = 0; other < items; ++other) {
      if (other == anchor) continue;
      const double score = product(anchor, other);
      if (size == count && !(score > scores[count - 1])) continue;
      index place = size < count ? size++ : count - 1;
      for (; place > 0 && score > scores[place - 1]; --place)
        ids[place] = ids[place - 1], scores[place] = scores[place - 1];
      ids[place] = static_cast<std::int32_t>(other);
      scores[place] = score;
    }
  };
  const std::size_t tasks = executor.tasks < 1 ? 1 : executor.tasks;
  const auto run_task = [&](std::size_t task) {
    const auto share = [&](std::size_t i) {
      return static_cast<index>(static_cast<std::size_t>(items) * i / tasks);
    };
    for (index anchor = share(task); anchor < share(task + 1); ++anchor) search(anchor);
  };
  executor.run(tasks, run_task);
  return found;
}

}  // namespace prefopt
