#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <prefopt/error.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/candidate_source.hpp>
#include <prefopt/samplers/detail/draw.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/random_stream.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt {
namespace detail {

/// Draws without a source of candidates.
template <class Sampler>
concept unscored_sampler = requires(const Sampler& sampler, std::span<const std::int32_t> items,
                                    const samplers::history_view& history, const samplers::draw_key& key,
                                    tensor_ref<std::int32_t> negatives, const executor& executor) {
  { sampler.draw(items, history, key, negatives, executor) } -> std::same_as<index>;
};

/// Puts a row together from the rows of the components: each place draws a component by weight, and takes its next
/// item that is not in the row yet. Returns how many places it had to mask.
class row_mixer {
 public:
  row_mixer(std::span<const double> weights, std::span<const matrix_view<std::int32_t>> components)
      : weights_(weights), components_(components), next_(components.size()) {}

  index mix(index b, samplers::random_stream random, const matrix_view<std::int32_t>& row) {
    for (index& place : next_) place = 0;
    index place = 0;
    for (; place < row.columns; ++place) {
      const std::ptrdiff_t chosen = choose(b, row, place, random.next_real());
      if (chosen < 0) break;
      const auto at = static_cast<std::size_t>(chosen);
      row(0, place) = components_[at](b, next_[at]++);
    }
    return mask_from(place, row);
  }

 private:
  /// A component that has an item left, with the share of the weights of all of those; −1 if none has.
  std::ptrdiff_t choose(index b, const matrix_view<std::int32_t>& row, index place, double share) {
    double total = 0;
    for (std::size_t c = 0; c < weights_.size(); ++c)
      if (has_item(c, b, row, place)) total += weights_[c];
    double left = share * total;
    std::ptrdiff_t last = -1;
    for (std::size_t c = 0; c < weights_.size(); ++c) {
      if (!has_item(c, b, row, place)) continue;
      last = static_cast<std::ptrdiff_t>(c);
      if (left < weights_[c]) return last;
      left -= weights_[c];
    }
    return last;
  }

  /// Moves on to the component's next item that is not among the first `place` of the row.
  bool has_item(std::size_t c, index b, const matrix_view<std::int32_t>& row, index place) {
    if (!(weights_[c] > 0)) return false;
    const matrix_view<std::int32_t>& drawn = components_[c];
    for (index& next = next_[c]; next < drawn.columns && drawn(b, next) != samplers::masked; ++next) {
      bool is_new = true;
      for (index i = 0; i < place; ++i) is_new = is_new && row(0, i) != drawn(b, next);
      if (is_new) return true;
    }
    return false;
  }

  std::span<const double> weights_;
  std::span<const matrix_view<std::int32_t>> components_;
  std::vector<index> next_;
};

}  // namespace detail

namespace samplers {

/// A sampler and its share in a mixture.
template <class Sampler>
struct weighted {
  double weight;
  Sampler sampler;
};
template <class Sampler>
weighted(double, Sampler) -> weighted<Sampler>;

/// Negatives from several samplers: P(i) = Σ_c w_c P_c(i) / Σ_c w_c over the components c that have an allowed item.
///
///     mixture half_hard(weighted{0.5, topk_uniform{.pool = 200}}, weighted{0.5, uniform{.num_items = V}});
///
/// Each place of a row draws a component, and takes that one's next item that is not in the row. Components are any
/// samplers whose rows hold an item once, scored or not; each has random numbers of its own.
template <class... Samplers>
class mixture {
 public:
  /// Throws `invalid_argument` if a weight is negative or not finite, every one is 0, or a component repeats items.
  explicit mixture(weighted<Samplers>... components)
      : weights_{components.weight...}, components_(std::move(components.sampler)...) {
    double total = 0;
    for (std::size_t c = 0; c < count; ++c) {
      detail::require(weights_[c] >= 0 && weights_[c] < detail::infinity, where, "weight ", c, " is ",
                      weights_[c], ", expected at least 0 and finite");
      total += weights_[c];
    }
    detail::require(total > 0, where, "every weight is 0, expected a positive one");
    std::size_t c = 0;
    components_.each([&](const auto& sampler) {
      if constexpr (requires { sampler.repeat; })
        detail::require(!sampler.repeat, where, "component ", c, " repeats items, expected repeat = false");
      ++c;
    });
  }

  /// As `topk_uniform::draw`. O(components) draws, and K² more, a row; memory of components × B × K items.
  template <detail::candidate_source Source>
  index draw(const Source& source, std::span<const std::int32_t> positives, const history_view& history,
             const draw_key& key, tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    return mix(positives, key, *negatives, executor,
               [&](const auto& sampler, const draw_key& own, const matrix_view<std::int32_t>& drawn) {
                 if constexpr (detail::unscored_sampler<std::remove_cvref_t<decltype(sampler)>>)
                   sampler.draw(positives, history, own, drawn, executor);
                 else
                   sampler.draw(source, positives, history, own, drawn, executor);
               });
  }

  /// The same for components that look at no score.
  index draw(std::span<const std::int32_t> positives, const history_view& history, const draw_key& key,
             tensor_ref<std::int32_t> negatives, const executor& executor = {}) const
    requires(detail::unscored_sampler<Samplers> && ...)
  {
    return mix(positives, key, *negatives, executor,
               [&](const auto& sampler, const draw_key& own, const matrix_view<std::int32_t>& drawn) {
                 sampler.draw(positives, history, own, drawn, executor);
               });
  }

  /// Writes the law of one draw, [V]; as `hard_topk::law`.
  void law(std::span<const double> scores, std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    for (double& p : probability) p = 0;
    std::vector<double> one(probability.size());
    double total = 0;
    std::size_t c = 0;
    components_.each([&](const auto& sampler) {
      if constexpr (detail::unscored_sampler<std::remove_cvref_t<decltype(sampler)>>)
        sampler.law(positive, history, one);
      else
        sampler.law(scores, positive, history, one);
      const double weight = weights_[c++];
      double mass = 0;
      for (std::size_t i = 0; i < one.size(); ++i) {
        probability[i] += weight * one[i];
        mass += one[i];
      }
      if (mass > 0) total += weight;
    });
    if (total > 0)
      for (double& p : probability) p /= total;
  }

 private:
  static constexpr std::size_t count = sizeof...(Samplers);
  static constexpr std::string_view where = "mixture";

  /// The samplers, one after the other.
  template <class First, class... Rest>
  struct list {
    First first;
    list<Rest...> rest;
    list(First one, Rest... others) : first(std::move(one)), rest(std::move(others)...) {}
    template <class Visit>
    void each(const Visit& visit) const {
      visit(first);
      rest.each(visit);
    }
  };
  template <class First>
  struct list<First> {
    First first;
    explicit list(First one) : first(std::move(one)) {}
    template <class Visit>
    void each(const Visit& visit) const {
      visit(first);
    }
  };

  template <class DrawComponent>
  index mix(std::span<const std::int32_t> positives, const draw_key& key,
            const matrix_view<std::int32_t>& negatives, const executor& executor,
            const DrawComponent& draw_component) const {
    const auto rows = static_cast<index>(positives.size());
    detail::require(negatives.rows == rows, "mixture::draw", "negatives is ",
                    detail::shape_text(negatives.rows, negatives.columns), ", expected [", rows,
                    ", K] (a row for each positive)");
    const index columns = negatives.columns;
    std::vector<std::int32_t> drawn(count * static_cast<std::size_t>(rows * columns));
    std::vector<matrix_view<std::int32_t>> rows_of;
    components_.each([&](const auto& sampler) {
      const auto c = rows_of.size();
      rows_of.push_back({drawn.data() + static_cast<index>(c) * rows * columns, rows, columns, columns, 1});
      draw_component(sampler, component_key(key, c), rows_of.back());
    });
    return detail::draw_in_parts(rows, executor, [&](index first, index last) {
      detail::row_mixer mixer(weights_, rows_of);
      index missing = 0;
      for (index b = first; b < last; ++b)
        missing += mixer.mix(b, {key.seed, key.step, key.first_example + static_cast<std::uint64_t>(b)},
                             negatives.block(b, 1));
      return missing;
    });
  }

  /// A seed of its own: multiples of an odd number near 2^64 / φ.
  static draw_key component_key(const draw_key& key, std::size_t c) {
    draw_key own = key;
    own.seed += (c + 1) * 0x9E3779B97F4A7C15;
    return own;
  }

  double weights_[count];
  list<Samplers...> components_;
};

}  // namespace samplers
}  // namespace prefopt
