#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <prefopt/recipes.hpp>

/// \file
/// prefopt's objectives by name. A name on the command line becomes a type here, once; everything behind
/// `with_objective` is compiled for that type and looks nothing up.

namespace sasrec {

/// Settings of all objectives; each takes those that it has.
struct objective_settings {
  double beta = 1;                        ///< strength of every objective with a reference
  double label_smoothing = 0.1;           ///< cdpo, robust_dpo
  double temperature = 1;                 ///< softmax
  double gbce_t = 0.75;                   ///< gbce: how much of the sampling bias is taken out, in [0, 1]
  double num_items = 0;                   ///< gbce: size of the catalogue
  prefopt::index top_m = 1;               ///< plackett_luce_topm: places of the order that are observed
  double dpo_weight = 1, nll_weight = 1;  ///< rpo
};

/// What the program has to know about an objective beyond its name.
struct objective_info {
  std::string_view id;
  bool pairwise = false;  ///< compares with exactly one rejected item
  bool ordered = false;   ///< wants the candidates in an order, best first
};

inline constexpr std::array known_objectives{
    objective_info{.id = "dpo", .pairwise = true},
    objective_info{.id = "cdpo", .pairwise = true},
    objective_info{.id = "robust_dpo", .pairwise = true},
    objective_info{.id = "ipo", .pairwise = true},
    objective_info{.id = "hinge", .pairwise = true},
    objective_info{.id = "rpo", .pairwise = true},
    objective_info{.id = "s_dpo"},
    objective_info{.id = "dpo_k"},
    objective_info{.id = "dmpo"},
    objective_info{.id = "plackett_luce", .ordered = true},
    objective_info{.id = "plackett_luce_topm", .ordered = true},
    objective_info{.id = "bpr"},
    objective_info{.id = "softmax"},
    objective_info{.id = "bce"},
    objective_info{.id = "gbce"},
};

[[noreturn]] inline void refuse_objective(std::string_view id) {
  std::string known;
  for (const objective_info& one : known_objectives)
    known += (known.empty() ? "" : ", ") + std::string(one.id);
  throw std::invalid_argument(fmt::format("objective is '{}', expected one of {}", id, known));
}

/// Throws std::invalid_argument, which lists the known ids, for an unknown one.
inline const objective_info& find_objective(std::string_view id) {
  for (const objective_info& one : known_objectives)
    if (one.id == id) return one;
  refuse_objective(id);
}

/// Returns `visit(objective)`. Throws as `find_objective`, and prefopt::invalid_argument for a setting out of
/// range.
template <class Visitor>
auto with_objective(std::string_view id, const objective_settings& settings, Visitor&& visit) {
  const double beta = settings.beta;
  if (id == "dpo") return visit(prefopt::dpo({.beta = beta}));
  if (id == "cdpo") return visit(prefopt::cdpo({.beta = beta, .label_smoothing = settings.label_smoothing}));
  if (id == "robust_dpo")
    return visit(prefopt::robust_dpo({.beta = beta, .label_smoothing = settings.label_smoothing}));
  if (id == "ipo") return visit(prefopt::ipo({.beta = beta}));
  if (id == "hinge") return visit(prefopt::hinge({.beta = beta}));
  if (id == "rpo")
    return visit(
        prefopt::rpo({.beta = beta, .dpo_weight = settings.dpo_weight, .nll_weight = settings.nll_weight}));
  if (id == "s_dpo") return visit(prefopt::s_dpo({.beta = beta}));
  if (id == "dpo_k") return visit(prefopt::dpo_k({.beta = beta}));
  if (id == "dmpo") return visit(prefopt::dmpo({.beta = beta}));
  if (id == "plackett_luce") return visit(prefopt::plackett_luce({.beta = beta}));
  if (id == "plackett_luce_topm")
    return visit(prefopt::plackett_luce_topm({.beta = beta, .top_m = settings.top_m}));
  if (id == "bpr") return visit(prefopt::bpr());
  if (id == "softmax") return visit(prefopt::softmax({.temperature = settings.temperature}));
  if (id == "bce") return visit(prefopt::bce());
  if (id == "gbce") return visit(prefopt::gbce({.num_items = settings.num_items, .t = settings.gbce_t}));
  refuse_objective(id);
}

}  // namespace sasrec
