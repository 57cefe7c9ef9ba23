#include "samplers.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <prefopt/samplers/score_rows.hpp>

namespace sasrec {
namespace {

using prefopt::index;

/// The settings of a sampler, all of them, and what it is called.
class chosen_settings {
 public:
  chosen_settings(std::string name, sampler_settings values)
      : name_(std::move(name)), values_(std::move(values)) {}

  double number(const char* setting) const { return values_.at(setting); }
  /// Throws std::invalid_argument for what is no whole number.
  index count(const char* setting) const {
    const double value = number(setting);
    constexpr double most = 1e15;
    if (std::floor(value) != value || std::abs(value) > most)
      throw std::invalid_argument(
          fmt::format("{}: {} is {}, expected a whole number", name_, setting, value));
    return static_cast<index>(value);
  }
  std::uint64_t step(const char* setting) const {
    const index value = count(setting);
    if (value < 0)
      throw std::invalid_argument(fmt::format("{}: {} is {}, expected at least 0", name_, setting, value));
    return static_cast<std::uint64_t>(value);
  }
  double guard() const { return number("guard"); }

 private:
  std::string name_;
  sampler_settings values_;
};

struct known_sampler {
  std::string name;
  sampler_settings settings;  // with their defaults
  any_sampler (*make)(const chosen_settings& s, std::span<const double> counts);
};

constexpr double none = std::numeric_limits<double>::infinity();
using counts_span = std::span<const double>;

std::int32_t items_of(counts_span counts) { return static_cast<std::int32_t>(counts.size()); }

namespace samplers = prefopt::samplers;

const std::vector<known_sampler> known{
    {"uniform",
     {},
     [](const chosen_settings&, counts_span counts) -> any_sampler {
       return samplers::uniform{.num_items = items_of(counts)};
     }},
    {"popularity",
     {{"alpha", 0.75}},
     [](const chosen_settings& s, counts_span counts) -> any_sampler {
       return samplers::popularity(counts, {.alpha = s.number("alpha")});
     }},
    {"in_batch",
     {},
     [](const chosen_settings&, counts_span counts) -> any_sampler {
       return samplers::in_batch{.batch = {}, .num_items = items_of(counts)};
     }},
    {"hard_topk",
     {{"guard", none}},
     [](const chosen_settings& s, counts_span) -> any_sampler {
       return samplers::hard_topk{.guard = s.guard()};
     }},
    {"topk_uniform",
     {{"pool", 50}, {"guard", none}},
     [](const chosen_settings& s, counts_span) -> any_sampler {
       return samplers::topk_uniform{.pool = s.count("pool"), .guard = s.guard()};
     }},
    {"topk_softmax",
     {{"pool", 50}, {"temperature", 1}, {"guard", none}},
     [](const chosen_settings& s, counts_span) -> any_sampler {
       return samplers::topk_softmax{
           .pool = s.count("pool"), .temperature = s.number("temperature"), .guard = s.guard()};
     }},
    {"skip_topk",
     {{"skip", 10}, {"pool", 50}, {"guard", none}},
     [](const chosen_settings& s, counts_span) -> any_sampler {
       return samplers::skip_topk{.skip = s.count("skip"), .pool = s.count("pool"), .guard = s.guard()};
     }},
    {"dns",
     {{"candidates", 5}, {"best", 1}, {"guard", none}},
     [](const chosen_settings& s, counts_span) -> any_sampler {
       return samplers::dns{.candidates = s.count("candidates"), .best = s.count("best"), .guard = s.guard()};
     }},
    {"softmax_negative",
     {{"temperature", 1}, {"guard", none}},
     [](const chosen_settings& s, counts_span) -> any_sampler {
       return samplers::softmax_negative{.temperature = s.number("temperature"), .guard = s.guard()};
     }},
    {"self_play",
     {{"temperature", 0}, {"guard", none}},
     [](const chosen_settings& s, counts_span) -> any_sampler {
       return samplers::self_play{.temperature = s.number("temperature"), .guard = s.guard()};
     }},
    {"ahns",
     {{"candidates", 32}, {"alpha", 1}, {"beta", 0.1}, {"p", -2}, {"guard", none}},
     [](const chosen_settings& s, counts_span) -> any_sampler {
       return samplers::ahns{.candidates = s.count("candidates"),
                             .alpha = s.number("alpha"),
                             .beta = s.number("beta"),
                             .p = s.number("p"),
                             .guard = s.guard()};
     }},
    {"curriculum",
     {{"largest", 1000}, {"pool", 50}, {"first_step", 0}, {"last_step", 1000}, {"guard", none}},
     [](const chosen_settings& s, counts_span) -> any_sampler {
       const samplers::curriculum<> sampler{.sampler = {.guard = s.guard()},
                                            .schedule = {.largest = s.count("largest"),
                                                         .smallest = s.count("pool"),
                                                         .first_step = s.step("first_step"),
                                                         .last_step = s.step("last_step")}};
       sampler.at(0);  // throws for a schedule that makes no sense
       return sampler;
     }},
    {"mixture",
     {{"share", 0.5}, {"pool", 50}, {"temperature", 1}, {"guard", none}},
     [](const chosen_settings& s, counts_span counts) -> any_sampler {
       const double share = s.number("share");
       if (!(share >= 0 && share <= 1))
         throw std::invalid_argument(fmt::format("mixture: share is {}, expected 0 to 1", share));
       return half_hard(
           samplers::weighted{share, samplers::topk_softmax{.pool = s.count("pool"),
                                                            .temperature = s.number("temperature"),
                                                            .guard = s.guard()}},
           samplers::weighted{1 - share, samplers::uniform{.num_items = items_of(counts)}});
     }},
};

const known_sampler& find(const std::string& name) {
  for (const known_sampler& one : known)
    if (one.name == name) return one;
  throw std::invalid_argument(
      fmt::format("sampler is '{}', expected one of {}", name, fmt::join(sampler_names(), ", ")));
}

/// The sampler's defaults, and what is set instead.
chosen_settings complete(const known_sampler& sampler, const sampler_settings& settings) {
  sampler_settings all = sampler.settings;
  for (const auto& [name, value] : settings) {
    const auto found = all.find(name);
    if (found == all.end()) {
      std::vector<std::string> names;
      for (const auto& [one, unused] : sampler.settings) names.push_back(one);
      throw std::invalid_argument(
          names.empty() ? fmt::format("sampler {} has no settings, found '{}'", sampler.name, name)
                        : fmt::format("sampler {} has no setting '{}', expected one of {}", sampler.name,
                                      name, fmt::join(names, ", ")));
    }
    found->second = value;
  }
  return {sampler.name, std::move(all)};
}

/// A sampler looks at its settings when it draws; here it draws for nobody.
void check(const any_sampler& sampler, std::size_t items) {
  std::visit(
      [&](const auto& one) {
        if constexpr (!prefopt::detail::unscored_sampler<std::remove_cvref_t<decltype(one)>>) {
          const prefopt::matrix_view<const float> no_scores{nullptr, 0, static_cast<index>(items),
                                                            static_cast<index>(items), 1};
          one.draw(samplers::score_rows(no_scores), {}, {}, {}, prefopt::matrix_view<std::int32_t>{});
        }
      },
      sampler);
}

}  // namespace

std::vector<std::string> sampler_names() {
  std::vector<std::string> names;
  for (const known_sampler& one : known) names.push_back(one.name);
  return names;
}

bool is_scored(const any_sampler& sampler) {
  return std::visit(
      [](const auto& one) { return !prefopt::detail::unscored_sampler<std::remove_cvref_t<decltype(one)>>; },
      sampler);
}

bool sampler_has_setting(const std::string& sampler, const std::string& setting) {
  return find(sampler).settings.contains(setting);
}

any_sampler make_sampler(const std::string& name, const sampler_settings& settings,
                         std::span<const double> counts) {
  const known_sampler& one = find(name);
  any_sampler sampler = one.make(complete(one, settings), counts);
  check(sampler, counts.size());
  return sampler;
}

}  // namespace sasrec
