#include <limits>
#include <tuple>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "openblas.hpp"
#include "top_peer.hpp"

namespace bench {
namespace {

class torch_top : public top_peer {
 public:
  explicit torch_top(const top_problem& p)
      : queries_(at::from_blob(p.queries, {p.batch, p.width}, at::kFloat)),
        items_(at::from_blob(p.catalogue, {p.items, p.width}, at::kFloat).t()),
        histories_(at::from_blob(const_cast<std::int32_t*>(p.histories), {p.batch, p.history}, at::kInt)
                       .to(at::kLong)) {
    at::set_num_threads(1);
    use_one_blas_thread();
  }

  const std::vector<std::int32_t>& run(std::int64_t count) override {
    at::Tensor scores = at::matmul(queries_, items_);
    scores.scatter_(1, histories_, -std::numeric_limits<float>::infinity());
    const at::Tensor best = std::get<1>(scores.topk(count));
    const std::int64_t* const ids = best.data_ptr<std::int64_t>();
    best_.resize(static_cast<std::size_t>(best.numel()));
    for (std::size_t i = 0; i < best_.size(); ++i) best_[i] = static_cast<std::int32_t>(ids[i]);
    return best_;
  }

 private:
  at::Tensor queries_, items_, histories_;
  std::vector<std::int32_t> best_;
};

}  // namespace

std::unique_ptr<top_peer> make_torch_top(const top_problem& problem) {
  return std::make_unique<torch_top>(problem);
}

}  // namespace bench
