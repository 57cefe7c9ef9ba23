#include "sasrec_ratios.hpp"

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "../examples/sasrec/random.hpp"
#include "../examples/sasrec/train.hpp"
#include "../examples/sasrec_libtorch/trainer.hpp"
#include "losses/race.hpp"
#include "openblas.hpp"

namespace bench {
namespace {

constexpr int batch_size = 128, steps = 2;

struct shape {
  const char* id;
  int length;
  std::int32_t items;
};

/// As many sequences as `steps` batches take, all of full length, so that nothing is padded.
std::vector<std::vector<std::int32_t>> random_sequences(const shape& of) {
  sasrec::random_stream random(1);
  std::vector<std::vector<std::int32_t>> sequences(batch_size * steps);
  for (auto& sequence : sequences)
    for (int i = 0; i <= of.length; ++i)
      sequence.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(of.items))));
  return sequences;
}

/// A model in training: each call of `epoch` is one more.
class run {
 public:
  run(const shape& of, sasrec::backend compute)
      : sequences_(random_sequences(of)),
        recommender_({.items = of.items, .dim = 64, .max_length = of.length}),
        compute_(std::move(compute)) {
    options_.loss = "bce";
    options_.negatives = 1;
    options_.batch_size = batch_size;
    options_.patience = 0;
    options_.threads = 1;
    options_.epochs = 0;
  }

  void epoch() {
    ++options_.epochs;
    sasrec::train(recommender_, sequences_, options_, state_, {}, {}, compute_);
  }

 private:
  std::vector<std::vector<std::int32_t>> sequences_;
  sasrec::model recommender_;
  sasrec::backend compute_;
  sasrec::train_options options_;
  sasrec::training_state state_;
};

void print_ratio(const shape& of) {
  run ours(of, sasrec::layers), peer(of, sasrec::libtorch::compute_on(at::kCPU));
  race runners;
  runners.add("prefopt", [&] { ours.epoch(); });
  runners.add("LibTorch", [&] { peer.epoch(); });
  runners.run({.budget = 20, .least = 5});
  std::printf("%s %.2f\n", of.id, runners.ratio("LibTorch", "prefopt"));
  for (const char* name : {"prefopt", "LibTorch"})
    std::fprintf(stderr, "%s, %s: %.0f sequences/s\n", of.id, name,
                 batch_size * steps / runners.seconds(name));
  std::fflush(stdout);
}

}  // namespace

void print_sasrec_ratios(char** argv) {
  restart_with_fast_blas(argv);
  use_one_blas_thread();
  std::fprintf(stderr, "LibTorch's BLAS: %s\n", blas_name().c_str());
  print_ratio({"sasrec50", 50, 12101});
  print_ratio({"sasrec200", 200, 3416});
}

}  // namespace bench
