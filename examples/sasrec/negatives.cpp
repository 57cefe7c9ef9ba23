#include "negatives.hpp"
#include <algorithm>
#include <cmath>
#include <prefopt/eigen.hpp>
namespace sasrec {
negative_source::negative_source(const negative_settings& settings, const std::vector<std::vector<std::int32_t>>& sequences) : settings_(settings) {
  for (auto s : sequences) { std::sort(s.begin(), s.end()); s.erase(std::unique(s.begin(), s.end()), s.end()); items_.insert(items_.end(), s.begin(), s.end()); offsets_.push_back((std::int64_t)items_.size()); }
}
void negative_source::draw(const training_shard& shard, candidate_matrix& c) const {
  prefopt::samplers::uniform u{settings_.items};
  for (std::size_t t = 0; t < shard.targets.size(); ++t) {
    c((Index)t, 0) = shard.targets[t];
    auto row = c.block((Index)t, 1, 1, c.cols() - 1);
    u.draw(std::span(shard.targets).subspan(t, 1), prefopt::samplers::history_view(std::span(offsets_).subspan((size_t)shard.users[t], 2), items_), {settings_.seed, shard.step, (std::uint64_t)shard.first_token + t}, row);
  }
}
void negative_source::log_q(const training_shard&, const candidate_matrix& c, matrix& q) const { q = matrix::Constant(c.rows(), c.cols(), -std::log((float)settings_.items)); }
}
