#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <prefopt/samplers/exact_scores.hpp>
#include <prefopt/samplers/hard_topk.hpp>
#include <prefopt/samplers/history.hpp>

#include "limits.hpp"
#include "openblas.hpp"
#include "race.hpp"
#include "ratios.hpp"
#include "top_peer.hpp"

namespace bench {
namespace {

constexpr std::int64_t batch = 256, width = 64, history = 50, best = 200;

std::vector<float> random_floats(std::int64_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(static_cast<std::size_t>(size));
  for (float& number : numbers) number = normal(random);
  return numbers;
}

/// A batch of users, and prefopt's answer.
class top_data {
 public:
  explicit top_data(std::int64_t items)
      : items_(items),
        queries_(random_floats(batch * width, 1)),
        catalogue_(random_floats(items * width, 2)) {
    std::mt19937 random(3);
    std::uniform_int_distribution<std::int32_t> item(0, static_cast<std::int32_t>(items) - 1);
    for (std::int64_t b = 0; b <= batch; ++b) offsets_.push_back(b * history);
    for (std::int64_t b = 0; b < batch; ++b) {
      std::vector<std::int32_t> list;
      while (list.size() < history)
        if (const std::int32_t one = item(random); std::find(list.begin(), list.end(), one) == list.end())
          list.push_back(one);
      std::sort(list.begin(), list.end());
      positives_.push_back(list.front());
      histories_.insert(histories_.end(), list.begin(), list.end());
    }
  }

  top_problem problem() {
    return {batch, items_, width, history, queries_.data(), catalogue_.data(), histories_.data()};
  }

  void run() {
    const prefopt::samplers::exact_scores scores(prefopt::as_matrix(queries_, batch, width),
                                                 prefopt::as_matrix(catalogue_, items_, width));
    prefopt::samplers::hard_topk{}.draw(scores, positives_, {offsets_, histories_}, {},
                                        prefopt::as_matrix(found_, batch, best));
    benchmark::ClobberMemory();
  }

  /// The same items. One in a thousand rows may differ in one, where scores are so close that the order of a sum decides.
  void require_same(const std::string& who, std::vector<std::int32_t> theirs) {
    run();
    std::size_t different = 0;
    for (std::size_t b = 0; b < batch; ++b) {
      const auto row = [&](std::vector<std::int32_t>& all) {
        const auto first = all.begin() + static_cast<std::ptrdiff_t>(b * best);
        std::sort(first, first + best);
        return std::vector<std::int32_t>(first, first + best);
      };
      const auto ours = row(found_), others = row(theirs);
      std::vector<std::int32_t> difference;
      std::set_difference(ours.begin(), ours.end(), others.begin(), others.end(),
                          std::back_inserter(difference));
      different += difference.size();
    }
    if (different > 1)
      throw broken_claim(who + " finds " + std::to_string(different) + " other items than prefopt");
  }

 private:
  std::int64_t items_;
  std::vector<float> queries_, catalogue_;
  std::vector<prefopt::index> offsets_;
  std::vector<std::int32_t> histories_, positives_;
  std::vector<std::int32_t> found_ = std::vector<std::int32_t>(batch * best);
};

}  // namespace

void top_ratios(report& out, const std::string& id, std::int64_t items) {
  const std::string torch_id = id + "_libtorch", faiss_id = id + "_faiss", share_id = id + "_fma_share";
  if (!out.wants({torch_id, faiss_id, share_id})) return;
  top_data data(items);
  struct contender {
    std::string id, name;
    std::unique_ptr<top_peer> peer;
  };
  contender contenders[] = {{torch_id, "LibTorch", make_torch_top(data.problem())},
                            {faiss_id, "faiss", make_faiss_top(data.problem())}};

  race runners;
  runners.add("prefopt", [&] { data.run(); });
  for (const contender& one : contenders) {
    if (one.peer == nullptr) continue;
    data.require_same(one.name, one.peer->run(best));
    runners.add(one.name, [&] { benchmark::DoNotOptimize(one.peer->run(best).data()); });
  }
  // The limit is measured on as much of the arithmetic as lasts some milliseconds.
  const double flops = 2.0 * static_cast<double>(batch * width * items), part = std::min(1.0, 1e9 / flops);
  runners.add(
      "limit: multiply-adds", [=] { multiply_and_add(flops * part); }, part);
  runners.run({.budget = 8, .least = 5});
  out.keep("top 200, B = 256, d = 64, history 50, V = " + std::to_string(items), runners,
           static_cast<double>(batch), "limit: multiply-adds");
  for (const contender& one : contenders)
    one.peer == nullptr ? out.skip(one.id) : out.set(one.id, runners.ratio(one.name, "prefopt"));
  if (out.wants({share_id})) out.set(share_id, runners.ratio("limit: multiply-adds", "prefopt"));
  out.note(id + ": the peers' BLAS is " + blas_name());
}

}  // namespace bench
