#pragma once

#include <functional>
#include <string>
#include <vector>

#include "loss_batch.hpp"
#include "prefopt_calls.hpp"
#include "race.hpp"
#include "report.hpp"

namespace bench {

/// A race over one batch: a call of prefopt's, called "prefopt", those who compute the same, others beside
/// them, and the limit that bounds them all.
class loss_race {
 public:
  loss_race(std::size_t rows, std::size_t columns, ours::loss_call* prefopt);
  loss_race(const loss_race&) = delete;
  loss_race& operator=(const loss_race&) = delete;

  /// Computes what prefopt computes; throws `broken_claim` if it does not.
  void add_peer(const std::string& name, loss_call* peer);
  void add(const std::string& name, ours::loss_call* call);
  void add_limit(const std::string& name, std::function<void()> limit);
  /// The limits that most figures have: every element's exponential, and every element's memory traffic.
  void add_exp_limit();
  void add_triad_limit();

  void run(report& out, const std::string& title, race_length length = {});

  const loss_batch& batch() const { return batch_; }
  const race& result() const { return runners_; }
  /// How many times prefopt's time the other took.
  double against(const std::string& other) const { return runners_.ratio(other, "prefopt"); }

 private:
  loss_data data_;
  loss_batch batch_;
  race runners_;
  std::string limit_;
  float loss_;
  std::vector<float> gradient_;
};

}  // namespace bench
