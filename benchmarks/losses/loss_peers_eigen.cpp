#include <Eigen/Core>

#include "loss_peers.hpp"

namespace eigen {
namespace {

using array = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// What the expressions need in between, kept from call to call.
struct temporaries {
  array e;
  Eigen::ArrayXf top, total;
};

}  // namespace

/// S-DPO in Eigen array expressions.
float s_dpo(const bench::loss_batch& batch) {
  thread_local temporaries t;
  const auto rows = static_cast<Eigen::Index>(batch.rows), columns = static_cast<Eigen::Index>(batch.columns);
  const Eigen::Map<const array> policy(batch.policy, rows, columns),
      reference(batch.reference, rows, columns);
  Eigen::Map<array> gradient(batch.gradient, rows, columns);
  const float scale = 1 / static_cast<float>(batch.rows);

  t.e = policy - reference;
  t.top = t.e.rowwise().maxCoeff();
  const float preferred = t.e.col(0).sum();
  t.e = (t.e.colwise() - t.top).exp();
  t.total = t.e.rowwise().sum();
  gradient = t.e.colwise() * (scale / t.total);
  gradient.col(0) -= scale;
  return ((t.total.log() + t.top).sum() - preferred) * scale;
}

}  // namespace eigen
