#pragma once

#include <cstdint>
#include <vector>

#include "log.hpp"
#include "matrix.hpp"
#include "random.hpp"

/// \file
/// A simulated world of users and items in which everything that a log hides is known.
///
///   taste        User u and item i have latent vectors. u likes i with probability
///                like(u, i) = sigmoid(taste_strength · <u, i> + quality(i) − pickiness).
///   transition   Every item has a genre. After an item of genre g, an item of genre h is asked for with the
///                probability transition(g, h) of a Markov chain: often g again, or the genre that follows
///                it.
///   preference   What u truly wants after item j: P(i | u, j) ∝ like(u, i) · transition(genre j, genre i).
///   exposure     Nobody sees everything. At each step the user is shown a slate of items she does not know,
///                drawn by popularity, which falls off as 1 / rank^zipf (better items tend to rank higher),
///                and takes one of them by her preference.
///
/// The log holds the choices alone. An item that a user never chose may therefore be one that she likes and
/// was never shown; taken as a rejected item it is a false negative, and here these can be counted.

namespace sasrec {

struct world_config {
  std::int32_t users = 2000;
  std::int32_t items = 1000;
  int genres = 20;
  int taste_dim = 8;
  double taste_strength = 3;
  double pickiness = 3;
  double zipf = 1;
  int slate = 40;
  int shortest = 10, longest = 60;  ///< lengths of histories, uniform between them
  std::uint64_t seed = 1;
};

class world {
 public:
  /// Creates and simulates the world. The same config gives the same world, on every machine up to rounding.
  /// Throws std::invalid_argument if a size is not positive or the catalogue is too small for the histories.
  explicit world(const world_config& config);

  const world_config& config() const { return config_; }

  /// The choices; users and items of the log are those of the world, with the same numbers.
  const interaction_log& log() const { return log_; }

  /// The probability that `user` likes `item` once she knows it.
  double like(std::int32_t user, std::int32_t item) const { return likes_(user, item); }

  /// How probable it is that a place of a slate shows each item: [items], sums to 1.
  const std::vector<double>& exposure() const { return exposure_; }

  /// What `user` would take after `last_item` if she saw the whole catalogue: [items], sums to 1.
  std::vector<double> preference(std::int32_t user, std::int32_t last_item) const;

 private:
  void create_items(random_stream random);
  void create_likes(random_stream random);
  void create_transitions();
  std::vector<std::int32_t> live(std::int32_t user, random_stream random) const;

  world_config config_;
  std::vector<int> genre_;       // [items]
  matrix_of<double> tastes_;     // [items, taste_dim]
  std::vector<double> quality_;  // [items]
  std::vector<double> exposure_, exposure_sums_;
  matrix_of<double> likes_;        // [users, items]
  matrix_of<double> transitions_;  // [genres, genres], rows sum to 1
  interaction_log log_;
};

}  // namespace sasrec
