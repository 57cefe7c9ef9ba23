#include "fused_ratios.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>

#include <Eigen/Core>

#include "agreement.hpp"
#include "allocations.hpp"
#include "fused_calls.hpp"
#include "limits.hpp"
#include "openblas.hpp"
#include "race.hpp"
#include "torch_peers.hpp"

namespace bench {
namespace {

constexpr std::int64_t items = 1'000'000, width = 64;

// Eigen's arrays, like LibTorch's tensors, start at a multiple of the vector width.
using floats = Eigen::ArrayXf;
using ids = Eigen::Array<std::int32_t, Eigen::Dynamic, 1>;

floats random_floats(std::int64_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(-0.5f, 0.5f);
  return floats::NullaryExpr(size, [&] { return value(random); });
}

ids random_items(std::int64_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::int32_t> item(0, static_cast<std::int32_t>(items) - 1);
  return ids::NullaryExpr(size, [&] { return item(random); });
}

std::string megabytes(std::size_t bytes) { return std::to_string((bytes + 999'999) / 1'000'000) + " MB"; }

/// What both figures are measured on.
struct fused_data {
  fused_data(std::int64_t rows, std::int64_t candidates, std::int64_t gradient_rows, floats& table)
      : queries(random_floats(rows * width, 1)),
        reference(random_floats(rows * candidates, 2)),
        query_gradient(floats::Zero(queries.size())),
        catalogue_gradient(floats::Zero(gradient_rows * width)),
        catalogue(table),
        candidate_ids(random_items(rows * candidates, 3)),
        shape{.batch = rows, .candidates = candidates, .width = width, .items = items},
        batch{.batch = rows,
              .candidates = candidates,
              .width = width,
              .items = items,
              .queries = queries.data(),
              .catalogue = catalogue.data(),
              .ids = candidate_ids.data(),
              .reference = reference.data(),
              .query_gradient = query_gradient.data(),
              .catalogue_gradient = catalogue_gradient.data()} {}
  fused_data(const fused_data&) = delete;
  fused_data& operator=(const fused_data&) = delete;

  void require_agreement(float loss, float peer_loss, const float* peer_queries,
                         const float* peer_catalogue) {
    bench::require_agreement("LibTorch (queries)", loss, peer_loss, query_gradient.data(), peer_queries,
                             static_cast<std::size_t>(query_gradient.size()));
    bench::require_agreement("LibTorch (catalogue)", loss, peer_loss, catalogue_gradient.data(),
                             peer_catalogue, static_cast<std::size_t>(catalogue_gradient.size()));
  }

  floats queries, reference, query_gradient, catalogue_gradient;
  floats& catalogue;
  ids candidate_ids;
  torch_peers::shape shape;
  ours::fused_batch batch;
};

/// LibTorch maps fresh memory for its large tensors in every call and gives it back, which is a good part of its
/// time; a malloc told to keep it is faster. The figures are with malloc as it comes, the details give both.
enum class peer_memory { as_it_comes, kept };

std::string title(const std::string& what, peer_memory memory) {
  return memory == peer_memory::kept ? what + ", LibTorch's memory kept" : what;
}

void fused_scoring(report& out, floats& catalogue, peer_memory memory) {
  if (!out.wants({"fused_scoring"})) return;
  constexpr std::int64_t rows = 4096, candidates = 128;
  fused_data data(rows, candidates, rows * candidates, catalogue);
  torch_peers::fused_scoring peer(data.shape, data.queries.data(), catalogue.data(),
                                  data.candidate_ids.data(), data.reference.data());
  float loss = 0;
  const allocation_count allocated = count_allocations([&] { loss = ours::fused_scoring(data.batch); });
  const float peer_loss = peer.run();
  data.require_agreement(loss, peer_loss, peer.query_gradient(), peer.candidate_gradient());

  race runners;
  runners.add("prefopt", [&] { ours::fused_scoring(data.batch); });
  ids coalesced_items(rows * candidates);
  runners.add("prefopt, coalesced",
              [&] { ours::fused_scoring_coalesced(data.batch, coalesced_items.data()); });
  runners.add("LibTorch", [&] { peer.run(); });
  runners.add("limit: rows read and written", [&] {
    gather_rows(catalogue.data(), data.candidate_ids.data(), rows * candidates, width,
                data.catalogue_gradient.data());
  });
  runners.run({.budget = 10, .least = 9});
  out.keep(title("fused scoring, B = 4096, K = 127, d = 64, V = 1e6", memory), runners, rows,
           "limit: rows read and written");
  if (memory == peer_memory::kept) return;
  out.note("fused_scoring: the first call allocates " + megabytes(allocated.most_bytes));
  out.set("fused_scoring", runners.ratio("LibTorch", "prefopt"));
}

void full_softmax(report& out, floats& catalogue, peer_memory memory) {
  if (!out.wants({"full_softmax"})) return;
  constexpr std::int64_t rows = 256;
  fused_data data(rows, 1, items, catalogue);
  torch_peers::full_softmax peer(data.shape, data.queries.data(), catalogue.data(),
                                 data.candidate_ids.data());
  float loss = 0;
  const allocation_count allocated = count_allocations([&] { loss = ours::full_softmax(data.batch); });
  const float peer_loss = peer.run();
  data.require_agreement(loss, peer_loss, peer.query_gradient(), peer.catalogue_gradient());

  // Scores, and both gradients: three products. Issued on a fiftieth of them, which is long enough.
  constexpr double flops = 3 * 2.0 * rows * width * items, part = 0.02;
  race runners;
  runners.add("prefopt", [&] { ours::full_softmax(data.batch); });
  runners.add("LibTorch", [&] { peer.run(); });
  runners.add(
      "limit: multiply-adds", [] { multiply_and_add(flops * part); }, part);
  runners.run({.budget = 0, .least = 5});
  out.keep(title("full softmax, B = 256, d = 64, V = 1e6", memory), runners, rows, "limit: multiply-adds");
  if (memory == peer_memory::kept) return;
  out.note("full_softmax: the first call allocates " + megabytes(allocated.most_bytes));
  if (allocated.most_bytes > 64'000'000) throw broken_claim("full_softmax needs more than 64 MB");
  out.set("full_softmax", runners.ratio("LibTorch", "prefopt"));
}

}  // namespace

void restart_for_fused_ratios(char** argv) { restart_with_fast_blas(argv); }

void fused_ratios(report& out, bool details) {
  if (!out.wants({"fused_scoring", "full_softmax"})) return;
  torch_peers::use_one_thread();
  char blas[256];
  std::snprintf(blas, sizeof blas, "LibTorch's BLAS: %s, %.0f GFLOP/s for 1024 x 1024 x 1024 on one thread",
                blas_name().c_str(), torch_peers::matmul_rate(1024, 1024, 1024, 5) / 1e9);
  out.note(blas);
  floats catalogue = random_floats(items * width, 4);
  fused_scoring(out, catalogue, peer_memory::as_it_comes);
  full_softmax(out, catalogue, peer_memory::as_it_comes);
  if (!details || !torch_peers::keep_memory()) return;
  fused_scoring(out, catalogue, peer_memory::kept);
  full_softmax(out, catalogue, peer_memory::kept);
}

}  // namespace bench
