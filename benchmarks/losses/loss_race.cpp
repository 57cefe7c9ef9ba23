#include "loss_race.hpp"

#include <utility>

#include "agreement.hpp"
#include "limits.hpp"

namespace bench {

loss_race::loss_race(std::size_t rows, std::size_t columns, ours::loss_call* prefopt)
    : data_(rows, columns),
      batch_(data_.batch()),
      loss_(prefopt(batch_, {})),
      gradient_(batch_.gradient, batch_.gradient + batch_.size()) {
  add("prefopt", prefopt);
}

void loss_race::add_peer(const std::string& name, loss_call* peer) {
  const float loss = peer(batch_);
  require_agreement(name, loss_, loss, gradient_.data(), batch_.gradient, batch_.size());
  runners_.add(name, [this, peer] { peer(batch_); });
}

void loss_race::add(const std::string& name, ours::loss_call* call) {
  runners_.add(name, [this, call] { call(batch_, {}); });
}

void loss_race::add_limit(const std::string& name, std::function<void()> limit) {
  limit_ = "limit: " + name;
  runners_.add(limit_, std::move(limit));
}

void loss_race::add_exp_limit() {
  add_limit("exp in L1", [this] { exp_in_l1(batch_.size()); });
}

void loss_race::add_triad_limit() {
  add_limit("triad", [this] { triad(batch_); });
}

void loss_race::run(report& out, const std::string& title, race_length length) {
  runners_.run(length);
  out.keep(title, runners_, static_cast<double>(batch_.rows), limit_);
}

}  // namespace bench
