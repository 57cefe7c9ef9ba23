#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <prefopt/recipe_list.hpp>

/// \file
/// objectives_table GOLDEN_DIR: prints docs/objectives.md from the library's own list.

namespace {

constexpr const char* head = R"(# Objectives

Written by `build/release/bin/objectives_table tests/golden > docs/objectives.md` from `prefopt/recipe_list.hpp`; a test
compares the two. Which to pick when: [choosing.md](choosing.md).

a = log π − log π_ref of a candidate (a_0: the preferred one's), p = log π, π its probability, s scores, y grades,
m = β (a_0 − a_1), sp = softplus, σ = sp′. Each name is a function of namespace `prefopt`; the numbers are its settings with
their defaults, enumerators by their place.

- **negatives**: how many rejected items a row has: 1, any number K, a *list* that `batch.relevance` grades, an *order* in
  `batch.order`, or items judged each *on its own*.
- **reference**: whether `batch.reference` is looked at; absent, it is uniform.
- **log π**: whether log-probabilities are needed. Everything else takes raw scores too: the normaliser cancels, or the
  objective is made for scores. `evaluate` refuses `batch.scores` where they are needed.
- **also needs**: other members of the batch; *state* means `options.state`.
- **golden**: whether values of a reference implementation are in `tests/golden`.

| recipe | loss of one example | source | settings | negatives | reference | log π | also needs | gradient | golden |
|---|---|---|---|---|---|---|---|---|---|
)";

constexpr const char* tail = R"(
Objectives add and scale: `prefopt::dpo({.beta = 0.1}) + 0.01 * prefopt::nll()`. Any reward, selection, strength and loss make
another objective: `compose(losses::softmax{}, rewards::implicit{}, strengths::instance_beta{}, selections::hardest{.m = 5})`.

## Not stated exactly

RankList (2025), MAPL, NAPO (Ding 2025) and self-supervised degree-aware preference are known to us by their abstracts
alone: no equation to hold an implementation to was found, so there is none.
)";

/// As it may stand in a cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped;
}

template <class Recipe>
std::string settings(const Recipe& recipe) {
  std::string text;
  recipe.for_each_setting([&](std::string_view name, double value) {
    const bool all = value > 1e15;  // an index that stands for "all of them"
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, all ? "all" : fmt::format("{:g}", value));
  });
  return text;
}

std::string negatives(const prefopt::recipe_facts& facts) {
  using prefopt::losses::rejected;
  if (facts.graded) return "list";
  if (facts.ordered) return "order";
  if (facts.negatives == rejected::one) return "1";
  return facts.negatives == rejected::several ? "K" : "on its own";
}

std::string other_needs(const prefopt::recipe_facts& facts) {
  using prefopt::inputs;
  std::string text;
  const auto add = [&](bool needed, const char* name) {
    if (needed) text += (text.empty() ? "" : ", ") + std::string(name);
  };
  add(contains(facts.needs, inputs::relevance), "relevance");
  add(contains(facts.needs, inputs::lengths), "lengths");
  add(contains(facts.needs, inputs::kl), "kl");
  add(contains(facts.needs, inputs::hardness), "hardness");
  add(facts.keeps_state, "state");
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: objectives_table GOLDEN_DIR\n");
    return 2;
  }
  const std::filesystem::path golden = argv[1];
  fmt::print("{}", head);
  prefopt::for_each_recipe([&](const auto& recipe) {
    const auto facts = prefopt::facts_of(recipe.make(recipe.defaults()));
    const bool has_golden = exists(golden / fmt::format("{}.json", recipe.id));
    fmt::print("| `{}` | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", recipe.id, cell(recipe.formula),
               recipe.paper, settings(recipe), negatives(facts), facts.reads_reference ? "yes" : "no",
               facts.needs_log_probabilities ? "yes" : "no", other_needs(facts),
               facts.closed_form ? "closed form" : "duals", has_golden ? "yes" : "no");
  });
  fmt::print("{}", tail);
}
