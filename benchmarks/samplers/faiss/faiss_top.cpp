#include <algorithm>

#include <faiss/IndexFlat.h>
#include <omp.h>

#include "openblas.hpp"
#include "top_peer.hpp"

namespace bench {
namespace {

class faiss_top : public top_peer {
 public:
  explicit faiss_top(const top_problem& problem)
      : problem_(problem), index_(static_cast<faiss::Index::idx_t>(problem.width)) {
    omp_set_num_threads(1);
    use_one_blas_thread();
    index_.add(problem.items, problem.catalogue);
    const auto size = static_cast<std::size_t>(problem.history);
    for (std::size_t b = 0; b < static_cast<std::size_t>(problem.batch); ++b) {
      histories_.emplace_back(problem.histories + b * size, problem.histories + (b + 1) * size);
      std::sort(histories_.back().begin(), histories_.back().end());
    }
  }

  const std::vector<std::int32_t>& run(std::int64_t count) override {
    const std::int64_t asked = count + problem_.history;
    scores_.resize(static_cast<std::size_t>(problem_.batch * asked));
    found_.resize(scores_.size());
    index_.search(problem_.batch, problem_.queries, asked, scores_.data(), found_.data());
    best_.clear();
    for (std::size_t b = 0; b < histories_.size(); ++b)
      keep(b, static_cast<std::size_t>(asked), static_cast<std::size_t>(count));
    return best_;
  }

 private:
  void keep(std::size_t b, std::size_t asked, std::size_t count) {
    const std::size_t end = (b + 1) * count;
    for (std::size_t i = b * asked; best_.size() < end && i < (b + 1) * asked; ++i) {
      const auto item = static_cast<std::int32_t>(found_[i]);
      if (!std::binary_search(histories_[b].begin(), histories_[b].end(), item)) best_.push_back(item);
    }
    best_.resize(end, -1);
  }

  top_problem problem_;
  faiss::IndexFlatIP index_;
  std::vector<std::vector<std::int32_t>> histories_;
  std::vector<float> scores_;
  std::vector<faiss::Index::idx_t> found_;
  std::vector<std::int32_t> best_;
};

}  // namespace

std::unique_ptr<top_peer> make_faiss_top(const top_problem& problem) {
  return std::make_unique<faiss_top>(problem);
}

}  // namespace bench
