// The kernels over float whose PTX is read.
#include <prefopt/cuda.cuh>

namespace {

template <class... Objectives>
void evaluate_all(const prefopt::batch<float>& batch, float* workspace, const Objectives&... objectives) {
  (prefopt::cuda::evaluate(objectives, batch, {}, {}, workspace, nullptr), ...);
}

}  // namespace

void evaluate_in_float(const prefopt::batch<float>& batch, float* workspace) {
  using namespace prefopt;
  evaluate_all(batch, workspace, dpo(), cdpo(), ipo(), hinge(), rpo(), simpo(), s_dpo(), dpo_k(), dmpo(),
               bpr(), bce(), gbce({.num_items = 1000}), softmax(), plackett_luce(), plackett_luce_groups(),
               lipo_lambda(), rankdpo(), irpo(), listnet(), binary_listnet(), ranknet(), lambda_loss(),
               approx_ndcg(), gpm(), dove(), beta_dpo(), aot(), kto());
  prefopt::cuda::observe(beta_dpo(), batch, {}, workspace, nullptr);
  prefopt::cuda::observe(aot(), batch, {}, workspace, nullptr);
  prefopt::cuda::observe(bco(), batch, {}, workspace, nullptr);
}
