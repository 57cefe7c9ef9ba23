#pragma once

#include <prefopt/column.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::cuda {

/// Successive choices (Plackett–Luce) over a row whose candidates stand best first, across the threads of a team. As
/// `detail::stages` has them, with the sums as logarithms: scans of a team need no common scale then.
///
///     cost      Σ_{j observed} softplus(t_j − r_j),   t_j = log Σ_{i > j} e^{r_i}
///     slopes_i  Σ_{j < i, observed} e^{r_i − L_j}  −  [i observed] σ(t_i − r_i),   L_j = log(e^{r_j} + e^{t_j})
template <class Row, class Rewards, class Observed>
class team_choices {
 public:
  using T = typename Row::number_type;

  PREFOPT_UNCHECKED
  PREFOPT_HOST_DEVICE team_choices(const Row& row, const Rewards& r, const Observed& observed)
      : row_(row), r_(r), observed_(observed), tails_(logsumexp<Row::backward>(column<counted>{{row, r}})) {}

  PREFOPT_ANYWHERE T cost() const { return row_.sum(softplus(tails_ - r_), observed_); }

  PREFOPT_ANYWHERE auto slopes() const {
    const auto heads = logsumexp<Row::forward>(column<chosen>{{row_, r_, tails_, observed_}});
    return exp(r_ + heads) - select(observed_, sigmoid(tails_ - r_), row_.number(0));
  }

 private:
  struct add_logarithms {
    PREFOPT_ANYWHERE T operator()(const T& a, const T& b) const { return logaddexp(a, b); }
  };
  static PREFOPT_HOST_DEVICE T nothing() { return T(-prefopt::detail::infinity); }

  template <auto Way>
  PREFOPT_HOST_DEVICE auto logsumexp(const auto& c) const {
    return row_.template scan<Way>(c, nothing(), add_logarithms{});
  }
  /// r_k of the candidates that count.
  struct counted {
    Row row;
    Rewards r;
    PREFOPT_ANYWHERE T operator()(index k) const { return select(row.counts(k), r.at(k), nothing()); }
  };
  using tails_type = decltype(std::declval<const Row&>().template scan<Row::backward>(
      std::declval<const column<counted>&>(), std::declval<const T&>(), add_logarithms{}));
  /// −L_k of the observed choices.
  struct chosen {
    Row row;
    Rewards r;
    tails_type tails;
    Observed observed;
    PREFOPT_ANYWHERE T operator()(index k) const {
      return select(row.counts(k) & observed.at(k), -logaddexp(r.at(k), tails.at(k)), nothing());
    }
  };

  Row row_;
  Rewards r_;
  Observed observed_;
  tails_type tails_;
};

}  // namespace prefopt::cuda
