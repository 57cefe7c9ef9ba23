#include "ratios.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {
namespace {

const std::vector<std::string> figures{"uniform_1M",         "uniform_1M_filters", "uniform_1M_no_repeats",
                                       "popularity_1M",      "popularity_12k",     "topk_12k_libtorch",
                                       "topk_100k_libtorch", "topk_100k_faiss",    "topk_1M_libtorch",
                                       "topk_1M_faiss",      "topk_1M_fma_share"};

void require_known(const std::vector<std::string>& ids) {
  for (const std::string& id : ids)
    if (std::find(figures.begin(), figures.end(), id) == figures.end())
      throw std::invalid_argument("there is no figure " + id);
}

}  // namespace

void print_sampler_ratios(const ratio_options& options) {
  require_known(options.only);
  report out(options.only);
  uniform_ratios(out);
  popularity_ratios(out, "popularity_1M", 1'000'000);
  popularity_ratios(out, "popularity_12k", 12'000);
  top_ratios(out, "topk_12k", 12'000);
  top_ratios(out, "topk_100k", 100'000);
  top_ratios(out, "topk_1M", 1'000'000);
  out.print_figures(figures);
  if (options.details) out.print_details();
}

}  // namespace bench
