#include "draws.hpp"

#include <prefopt/samplers.hpp>

// Compiled several times, each with other flags and another name.
std::vector<std::int32_t> test::PREFOPT_DRAWS() {
  namespace samplers = prefopt::samplers;
  constexpr prefopt::index rows = 9, num_items = 301, places = 40;
  const std::vector<std::int32_t> positives{5, 0, 300, 17, 4, 4, 123, 299, 1};
  const samplers::history_table histories(std::vector<std::vector<std::int32_t>>(rows, {3, 9, 77, 200}));
  std::vector<double> counts;
  std::vector<float> scores;
  for (int i = 0; i < num_items; ++i) counts.push_back(i % 17);
  for (int i = 0; i < rows * num_items; ++i) scores.push_back(static_cast<float>(i * 7919 % 1009));

  std::vector<std::int32_t> all;
  const auto draw = [&](const auto& sampler, const auto&... source) {
    std::vector<std::int32_t> drawn(rows * places);
    sampler.draw(source..., positives, histories.view(), {.seed = 7, .step = 3},
                 prefopt::as_matrix(drawn, rows, places));
    all.insert(all.end(), drawn.begin(), drawn.end());
  };
  for (const bool repeat : {false, true}) {
    draw(samplers::uniform{.num_items = num_items, .repeat = repeat});
    draw(samplers::popularity(counts, {.repeat = repeat}));
  }
  const samplers::score_rows source(prefopt::as_matrix(scores, rows, num_items));
  draw(samplers::topk_uniform{.pool = 60}, source);
  draw(samplers::topk_softmax{.pool = 100, .temperature = 300}, source);
  draw(samplers::dns{}, source);

  samplers::random_stream words(7, 3, 1);
  for (int i = 0; i < 100; ++i) all.push_back(static_cast<std::int32_t>(words.next(1)[0]));
  return all;
}
