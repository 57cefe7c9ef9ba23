#include "race.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

constexpr double turn_seconds = 2e-3;

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double now(timed_by clock) {
  return clock == timed_by::wall ? wall_seconds() : static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

double seconds_of(const std::function<void()>& call, int repetitions, timed_by clock) {
  const double start = now(clock);
  for (int i = 0; i < repetitions; ++i) call();
  return now(clock) - start;
}

/// Calls that last a turn; doubling them warms the call up.
int calls_a_turn(const std::function<void()>& call, timed_by clock) {
  int repetitions = 1;
  for (;;) {
    const double seconds = seconds_of(call, repetitions, clock);
    if (seconds >= turn_seconds) return repetitions;
    const double wanted = repetitions * turn_seconds / std::max(seconds, 1e-9);
    repetitions = static_cast<int>(std::ceil(std::min(wanted * 1.1, repetitions * 100.0)));
  }
}

}  // namespace

double quantile(std::vector<double> values, double q) {
  const auto at = std::lround(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

void race::add(std::string name, std::function<void()> call, double work) {
  runners_.push_back({.name = std::move(name), .call = std::move(call), .work = work});
}

void race::run(race_length length) {
  for (runner& r : runners_) r.repetitions = calls_a_turn(r.call, length.clock);
  const double start = wall_seconds();
  for (int round = 0; round < length.most; ++round) {
    if (round >= length.least && wall_seconds() - start > length.budget) break;
    for (runner& r : runners_)
      r.seconds.push_back(seconds_of(r.call, r.repetitions, length.clock) / (r.repetitions * r.work));
  }
}

const race::runner& race::find(const std::string& name) const {
  for (const runner& r : runners_)
    if (r.name == name) return r;
  throw std::out_of_range("nobody in this race is called " + name);
}

double race::seconds(const std::string& name, double q) const { return quantile(find(name).seconds, q); }

double race::ratio(const std::string& one, const std::string& other) const {
  std::vector<double> ratios = find(one).seconds;
  const std::vector<double>& divisors = find(other).seconds;
  std::transform(ratios.begin(), ratios.end(), divisors.begin(), ratios.begin(), std::divides<>());
  return quantile(std::move(ratios), 0.5);
}

std::string race::fastest(const std::vector<std::string>& names) const {
  return *std::min_element(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return seconds(a) < seconds(b);
  });
}

std::vector<std::string> race::names() const {
  std::vector<std::string> all;
  for (const runner& r : runners_) all.push_back(r.name);
  return all;
}

int race::rounds() const { return static_cast<int>(runners_.front().seconds.size()); }

}  // namespace bench
