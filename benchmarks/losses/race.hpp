#pragma once

#include <functional>
#include <string>
#include <vector>

/// \file
/// Several calls timed in turn, A B C A B C ..., so that what slows the machine down for a while slows all of
/// them: what counts is the ratio within a round, and the median of that over the rounds.

namespace bench {

/// What counts: the processor's time, which other programs on a busy machine do not lengthen; or, where several
/// threads run, the wall's.
enum class timed_by { processor, wall };

/// When a race is over: after `budget` seconds or `most` rounds, but not before `least` rounds.
struct race_length {
  double budget = 4;
  int least = 3, most = 301;
  timed_by clock = timed_by::processor;
};

class race {
 public:
  /// `call` does `work` times what is asked about: a limit may be measured on more, or on less.
  void add(std::string name, std::function<void()> call, double work = 1);

  /// Warms every call up and times the rounds. A turn is as many calls as last 2 ms, one at least.
  void run(race_length length = {});

  /// Seconds for the work of one call; q = 0.5 is the median over the rounds.
  double seconds(const std::string& name, double q = 0.5) const;
  /// How many times `one` takes as long as `other`: the median over the rounds of the ratio within one.
  double ratio(const std::string& one, const std::string& other) const;
  /// The one of `names` with the smallest median.
  std::string fastest(const std::vector<std::string>& names) const;

  std::vector<std::string> names() const;
  int rounds() const;

 private:
  struct runner {
    std::string name;
    std::function<void()> call;
    double work;
    int repetitions = 1;
    std::vector<double> seconds{};  ///< one a round
  };
  const runner& find(const std::string& name) const;

  std::vector<runner> runners_;
};

/// The value nearest the q-quantile. `values` is not empty.
double quantile(std::vector<double> values, double q);

}  // namespace bench
