#include "world.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

namespace sasrec {
namespace {

constexpr double stay = 0.5;    ///< share of steps that ask for the genre of the last item again
constexpr double follow = 0.3;  ///< share that ask for the genre after it; the rest asks for any genre

/// What random numbers are drawn for; each purpose has a stream of its own, and each user a life.
enum purpose : std::uint64_t { for_items, for_likes, for_lives };

std::size_t at(std::int32_t number) { return static_cast<std::size_t>(number); }

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

void normalise(std::vector<double>& weights) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= total;
}

std::vector<double> running_sums(const std::vector<double>& weights) {
  std::vector<double> sums(weights.size());
  std::partial_sum(weights.begin(), weights.end(), sums.begin());
  return sums;
}

/// Draws an index with probability proportional to the weights that `sums` are the running sums of.
std::size_t draw(const std::vector<double>& sums, random_stream& random) {
  const auto found = std::upper_bound(sums.begin(), sums.end(), random.uniform() * sums.back());
  return std::min(static_cast<std::size_t>(found - sums.begin()), sums.size() - 1);
}

void check(const world_config& config) {
  const auto require = [](bool condition, const char* what, auto value, const auto& expected) {
    if (!condition)
      throw std::invalid_argument(fmt::format("world: {} is {}, expected {}", what, value, expected));
  };
  require(config.users >= 1, "users", config.users, "at least 1");
  require(config.genres >= 1, "genres", config.genres, "at least 1");
  require(config.taste_dim >= 1, "taste_dim", config.taste_dim, "at least 1");
  require(config.slate >= 1, "slate", config.slate, "at least 1");
  require(config.shortest >= 1, "shortest", config.shortest, "at least 1");
  require(config.longest >= config.shortest, "longest", config.longest, "at least shortest");
  require(config.items >= 2 * (config.longest + config.slate), "items", config.items,
          fmt::format("at least 2 * (longest + slate) = {}, so that slates never run dry",
                      2 * (config.longest + config.slate)));
}

std::vector<std::string> numbers_from_one(std::int32_t count) {
  std::vector<std::string> names;
  for (std::int32_t i = 1; i <= count; ++i) names.push_back(std::to_string(i));
  return names;
}

}  // namespace

world::world(const world_config& config) : config_(config) {
  check(config);
  create_items(random_stream(mix(config.seed, for_items)));
  create_likes(random_stream(mix(config.seed, for_likes)));
  create_transitions();
  log_.items = config.items;
  log_.user_ids = numbers_from_one(config.users);
  log_.item_ids = numbers_from_one(config.items);
  for (std::int32_t user = 0; user < config.users; ++user) {
    const std::uint64_t key = mix(mix(config.seed, for_lives), static_cast<std::uint64_t>(user));
    log_.sequences.push_back(live(user, random_stream(key)));
    log_.interactions += log_.sequences.back().size();
  }
}

void world::create_items(random_stream random) {
  // Half of an item's taste is its genre's, half its own.
  matrix_of<double> centres(config_.genres, config_.taste_dim);
  for (Index k = 0; k < centres.size(); ++k) centres.data()[k] = random.normal();
  tastes_.resize(config_.items, config_.taste_dim);
  std::vector<double> fame(at(config_.items));
  for (std::int32_t i = 0; i < config_.items; ++i) {
    genre_.push_back(static_cast<int>(random.below(static_cast<std::uint64_t>(config_.genres))));
    for (Index k = 0; k < tastes_.cols(); ++k)
      tastes_(i, k) = std::sqrt(0.5) * (centres(genre_.back(), k) + random.normal());
    quality_.push_back(random.normal());
    fame[at(i)] = quality_.back() + random.normal();
  }
  std::vector<std::int32_t> by_fame(at(config_.items));
  std::iota(by_fame.begin(), by_fame.end(), 0);
  std::sort(by_fame.begin(), by_fame.end(),
            [&](std::int32_t a, std::int32_t b) { return fame[at(a)] > fame[at(b)]; });
  exposure_.resize(at(config_.items));
  for (std::size_t rank = 0; rank < by_fame.size(); ++rank)
    exposure_[at(by_fame[rank])] = std::pow(static_cast<double>(rank + 1), -config_.zipf);
  normalise(exposure_);
  exposure_sums_ = running_sums(exposure_);
}

void world::create_likes(random_stream random) {
  likes_.resize(config_.users, config_.items);
  Eigen::VectorXd user(config_.taste_dim);
  for (Index u = 0; u < likes_.rows(); ++u) {
    for (Index k = 0; k < user.size(); ++k) user[k] = random.normal();
    // Divided so that the inner products have variance 1.
    const Eigen::VectorXd taste = tastes_ * user / std::sqrt(config_.taste_dim);
    for (Index i = 0; i < likes_.cols(); ++i)
      likes_(u, i) = sigmoid(config_.taste_strength * taste[i] + quality_[static_cast<std::size_t>(i)] -
                             config_.pickiness);
  }
}

void world::create_transitions() {
  transitions_.setConstant(config_.genres, config_.genres, (1 - stay - follow) / config_.genres);
  for (int genre = 0; genre < config_.genres; ++genre) {
    transitions_(genre, genre) += stay;
    transitions_(genre, (genre + 1) % config_.genres) += follow;
  }
}

std::vector<std::int32_t> world::live(std::int32_t user, random_stream random) const {
  const auto lengths = static_cast<std::uint64_t>(config_.longest - config_.shortest + 1);
  const auto length = at(config_.shortest) + random.below(lengths);
  std::vector<std::int32_t> history;
  std::vector<bool> known(at(config_.items), false);
  while (history.size() < length) {
    std::vector<std::int32_t> slate;
    std::vector<bool> shown = known;
    while (slate.size() < at(config_.slate)) {
      const std::size_t item = draw(exposure_sums_, random);
      if (shown[item]) continue;
      shown[item] = true;
      slate.push_back(static_cast<std::int32_t>(item));
    }
    std::vector<double> wish;
    for (const std::int32_t item : slate) {
      const double asked_for =
          history.empty() ? 1.0 : transitions_(genre_[at(history.back())], genre_[at(item)]);
      wish.push_back(like(user, item) * asked_for);
    }
    history.push_back(slate[draw(running_sums(wish), random)]);
    known[at(history.back())] = true;
  }
  return history;
}

std::vector<double> world::preference(std::int32_t user, std::int32_t last_item) const {
  std::vector<double> wish(at(config_.items));
  for (std::int32_t item = 0; item < config_.items; ++item)
    wish[at(item)] = like(user, item) * transitions_(genre_[at(last_item)], genre_[at(item)]);
  normalise(wish);
  return wish;
}

}  // namespace sasrec
