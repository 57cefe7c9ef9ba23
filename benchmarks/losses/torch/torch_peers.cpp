#include "torch_peers.hpp"

#include <algorithm>
#include <ctime>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "openblas.hpp"

namespace torch_peers {
namespace {

at::Tensor borrow(float* data, at::IntArrayRef sizes) { return at::from_blob(data, sizes, at::kFloat); }

/// Indices as LibTorch prefers them; converted once, outside the time.
at::Tensor indices(std::int32_t* data, at::IntArrayRef sizes) {
  return at::from_blob(data, sizes, at::kInt).to(at::kLong);
}

const float* values_of(const at::Tensor& gradient) { return gradient.data_ptr<float>(); }

}  // namespace

struct fused_scoring::tensors {
  at::Tensor queries, catalogue, ids, reference, targets, sparse_values;
};

fused_scoring::fused_scoring(const shape& s, float* queries, float* catalogue, std::int32_t* ids,
                             float* reference)
    : tensors_(new tensors{
          borrow(queries, {s.batch, s.width}).set_requires_grad(true),
          borrow(catalogue, {s.items, s.width}).set_requires_grad(true),
          indices(ids, {s.batch, s.candidates}),
          borrow(reference, {s.batch, s.candidates}),
          at::zeros({s.batch}, at::kLong),
          {},
      }) {}
fused_scoring::~fused_scoring() { delete tensors_; }

float fused_scoring::run() {
  tensors& t = *tensors_;
  t.queries.mutable_grad().reset();
  t.catalogue.mutable_grad().reset();
  const at::Tensor rows = at::embedding(t.catalogue, t.ids, -1, false, /*sparse=*/true);
  const at::Tensor scores = at::bmm(rows, t.queries.unsqueeze(2)).squeeze(2);
  // With K rejected items S-DPO is the cross-entropy of the implicit rewards, the preferred item the class.
  const at::Tensor loss = at::cross_entropy_loss(scores - t.reference, t.targets);
  loss.backward();
  return loss.item<float>();
}

const float* fused_scoring::query_gradient() const { return values_of(tensors_->queries.grad()); }
const float* fused_scoring::candidate_gradient() const {
  tensors_->sparse_values = tensors_->catalogue.grad()._values();
  return values_of(tensors_->sparse_values);
}

struct full_softmax::tensors {
  at::Tensor queries, catalogue, targets;
};

full_softmax::full_softmax(const shape& s, float* queries, float* catalogue, std::int32_t* targets)
    : tensors_(new tensors{
          borrow(queries, {s.batch, s.width}).set_requires_grad(true),
          borrow(catalogue, {s.items, s.width}).set_requires_grad(true),
          indices(targets, {s.batch}),
      }) {}
full_softmax::~full_softmax() { delete tensors_; }

float full_softmax::run() {
  tensors& t = *tensors_;
  t.queries.mutable_grad().reset();
  t.catalogue.mutable_grad().reset();
  const at::Tensor loss = at::cross_entropy_loss(at::matmul(t.queries, t.catalogue.t()), t.targets);
  loss.backward();
  return loss.item<float>();
}

const float* full_softmax::query_gradient() const { return values_of(tensors_->queries.grad()); }
const float* full_softmax::catalogue_gradient() const { return values_of(tensors_->catalogue.grad()); }

void use_one_thread() {
  at::set_num_threads(1);
  bench::use_one_blas_thread();
}

bool keep_memory() {
#if defined(__GLIBC__)
  return mallopt(M_MMAP_MAX, 0) == 1 && mallopt(M_TRIM_THRESHOLD, -1) == 1;
#else
  return false;
#endif
}

double matmul_rate(std::int64_t rows, std::int64_t inner, std::int64_t columns, int calls) {
  const at::Tensor a = at::rand({rows, inner}), b = at::rand({inner, columns});
  at::Tensor product = at::zeros({rows, columns});
  std::vector<double> seconds;
  for (int call = 0; call <= calls; ++call) {
    const std::clock_t start = std::clock();
    at::mm_out(product, a, b);
    seconds.push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  seconds.erase(seconds.begin());  // the first one touched the memory
  std::nth_element(seconds.begin(), seconds.begin() + calls / 2, seconds.end());
  return 2.0 * static_cast<double>(rows * inner * columns) / seconds[static_cast<std::size_t>(calls) / 2];
}

}  // namespace torch_peers
