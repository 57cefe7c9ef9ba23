#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "race.hpp"

namespace bench {

/// A claim of the program that does not hold on this machine: a peer that computes something else, memory
/// allocated where none should be.
struct broken_claim : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Collects the figures of `--ratios`, and what they were computed from.
class report {
 public:
  /// Only the figures named, or all of them if none is.
  explicit report(std::vector<std::string> only) : only_(std::move(only)) {}

  bool wants(const std::vector<std::string>& ids) const;
  void set(const std::string& id, double value);
  void skip(const std::string& id);
  void note(const std::string& text) { notes_.push_back(text); }
  /// Every runner of a race, in nanoseconds per example, with its share of the limit in the same rounds.
  void keep(const std::string& title, const race& runners, double examples, const std::string& limit);

  /// A line `id value` for each figure, in the order of `ids`.
  void print_figures(const std::vector<std::string>& ids) const;
  /// A tab-separated table of the races, then the notes.
  void print_details() const;

 private:
  std::vector<std::string> only_, details_, notes_;
  std::map<std::string, std::string> values_;
};

}  // namespace bench
