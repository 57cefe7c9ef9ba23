#pragma once

#include <string_view>
#include <tuple>
#include <type_traits>

#include <prefopt/detail/plan.hpp>
#include <prefopt/detail/term.hpp>
#include <prefopt/recipes.hpp>

/// \file
/// All recipes by name, for programs that choose one at run time and for documents that list them:
///
///     prefopt::for_each_recipe([&](const auto& recipe) {
///       if (recipe.id != "simpo") return;
///       auto settings = recipe.defaults();
///       recipe.set(settings, "gamma", 0.5);
///       const auto objective = recipe.make(settings);  // of a type of its own
///     });
///
/// In the formulas a = log π − log π_ref (of candidate k: a_k, of the preferred one: a_0), p = log π, s scores,
/// m = β (a_0 − a_1), sp = softplus, σ its derivative.

namespace prefopt {

/// A number among the settings of a recipe, or an enumerator by its number.
template <class Settings, class Number>
struct setting {
  std::string_view name;
  Number Settings::*place;
};
template <class Settings, class Number>
setting(std::string_view, Number Settings::*) -> setting<Settings, Number>;

/// A line of the list. \tparam Make Settings → objective
template <class Settings, class Make, class... Numbers>
struct listed_recipe {
  std::string_view id;       ///< the name of the function in `prefopt`, too
  std::string_view formula;  ///< the loss of one example
  std::string_view paper;
  Make make;
  std::tuple<setting<Settings, Numbers>...> settings;

  static constexpr Settings defaults() { return {}; }
  /// False, and nothing done, if there is no setting of this name.
  constexpr bool set(Settings& to, std::string_view name, double value) const {
    return std::apply(
        [&](const auto&... one) {
          [[maybe_unused]] const auto assign = [&](const auto& known) {
            using number = std::remove_reference_t<decltype(to.*known.place)>;
            to.*known.place = static_cast<number>(value);
            return true;
          };
          return ((one.name == name && assign(one)) || ...);
        },
        settings);
  }
  /// Calls `visit(name, default value)`.
  template <class Visit>
  constexpr void for_each_setting(const Visit& visit) const {
    std::apply(
        [&](const auto&... one) { (visit(one.name, static_cast<double>(defaults().*one.place)), ...); },
        settings);
  }
};

namespace detail {

template <class Make>
struct settings_of;
template <class Function, class Objective, class Settings>
struct settings_of<Objective (Function::*)(Settings) const> {
  using type = Settings;
};

}  // namespace detail

/// \param make a lambda from its settings to an objective
template <class Make, class... Numbers,
          class Settings = typename detail::settings_of<decltype(&Make::operator())>::type>
constexpr auto list_recipe(std::string_view id, std::string_view formula, std::string_view paper, Make make,
                           setting<Settings, Numbers>... settings) {
  return listed_recipe<Settings, Make, Numbers...>{id, formula, paper, make, {settings...}};
}

/// Of recipes without any.
struct no_settings {};

/// What an objective's type says about it.
struct recipe_facts {
  losses::rejected negatives = losses::rejected::none;
  bool graded = false;
  bool ordered = false;
  bool reads_reference = false;
  bool needs_log_probabilities = false;
  bool keeps_state = false;
  /// It decides something over the whole batch (a β, a filter, a threshold), which must not be cut up but by `batch_share`.
  bool looks_at_batch = false;
  bool closed_form = true;
  inputs reads = inputs::nothing;  ///< if given; `needs` are among them
  inputs needs = inputs::nothing;
  index components = 1;  ///< numbers of the policy for each candidate
};

template <any_objective Objective>
recipe_facts facts_of(const Objective& objective) {
  recipe_facts facts;
  detail::each_term(objective, [&](const auto& term, index, index) {
    using term_type = std::remove_cvref_t<decltype(term)>;
    using reward = std::remove_cvref_t<decltype(term.reward)>;
    constexpr losses::loss_traits traits = term_type::traits;
    const bool stricter =
        traits.candidates == losses::rejected::one || facts.negatives == losses::rejected::none;
    if (stricter) facts.negatives = traits.candidates;
    facts.graded = facts.graded || traits.graded;
    facts.ordered = facts.ordered || traits.ordered;
    facts.reads_reference = facts.reads_reference || !detail::reference_free<reward>;
    facts.reads = facts.reads | term_type::reads;
    facts.needs = facts.needs | term_type::needs;
  });
  facts.needs_log_probabilities = Objective::needs_log_probabilities;
  facts.looks_at_batch = detail::batch_step<Objective>::observations > 0;
  facts.components = detail::component_count(objective);
  facts.keeps_state = !std::is_same_v<typename detail::batch_step<Objective>::state, no_state>;
  facts.closed_form = detail::closed_forms<Objective, array_row<pack<double, 1>>>;
  return facts;
}

/// The recipes, a tuple of `listed_recipe` for each family: for programs that compile the families side by side.
namespace listed {

inline constexpr auto pairwise = std::tuple{
    list_recipe(
        "dpo", "sp(−m)", "Rafailov 2023, Eq. 7", [](dpo_settings s) { return dpo(s); },
        setting{"beta", &dpo_settings::beta}),
    list_recipe(
        "cdpo", "(1 − ε) sp(−m) + ε sp(m)", "Mitchell 2023, Eq. 3", [](cdpo_settings s) { return cdpo(s); },
        setting{"beta", &cdpo_settings::beta}, setting{"label_smoothing", &cdpo_settings::label_smoothing}),
    list_recipe(
        "robust_dpo", "((1 − ε) sp(−m) − ε sp(m)) / (1 − 2ε)", "Chowdhury 2024",
        [](robust_dpo_settings s) { return robust_dpo(s); }, setting{"beta", &robust_dpo_settings::beta},
        setting{"label_smoothing", &robust_dpo_settings::label_smoothing}),
    list_recipe(
        "ipo", "(a_0 − a_1 − 1 / 2β)²", "Azar 2023, Eq. 17", [](ipo_settings s) { return ipo(s); },
        setting{"beta", &ipo_settings::beta}),
    list_recipe(
        "ipo_lengthnorm", "(a_0 / n_0 − a_1 / n_1 − 1 / 2β)²", "Azar 2023, per token",
        [](ipo_lengthnorm_settings s) { return ipo_lengthnorm(s); },
        setting{"beta", &ipo_lengthnorm_settings::beta}),
    list_recipe(
        "hinge", "max(0, 1 − m)", "Zhao 2023; Liu 2023", [](hinge_settings s) { return hinge(s); },
        setting{"beta", &hinge_settings::beta}),
    list_recipe(
        "rpo", "w_d sp(−m) − w_n p_0", "Pang 2024", [](rpo_settings s) { return rpo(s); },
        setting{"beta", &rpo_settings::beta}, setting{"dpo_weight", &rpo_settings::dpo_weight},
        setting{"nll_weight", &rpo_settings::nll_weight}),
    list_recipe(
        "exo_pair", "KL(σ(±m) ‖ 1 − ε, ε)", "Ji 2024, Eq. 16",
        [](exo_pair_settings s) { return exo_pair(s); }, setting{"beta", &exo_pair_settings::beta},
        setting{"label_smoothing", &exo_pair_settings::label_smoothing}),
    list_recipe(
        "discopop", "(1 − w) sp(−m) + w e^−m, w = σ(m / τ)", "Lu 2024, Eq. 5",
        [](discopop_settings s) { return discopop(s); }, setting{"beta", &discopop_settings::beta},
        setting{"tau", &discopop_settings::tau}),
    list_recipe(
        "f_dpo", "sp(−β (S(a_0) − S(a_1))), S of the divergence", "Wang 2023",
        [](f_dpo_settings s) { return f_dpo<f_divergence::alpha>(s); },
        setting{"beta", &f_dpo_settings::beta}, setting{"alpha", &f_dpo_settings::alpha}),
    list_recipe(
        "aot", "cdpo on margins of policy and reference matched by rank", "Melnyk 2024",
        [](aot_settings s) { return aot(s); }, setting{"beta", &aot_settings::beta},
        setting{"label_smoothing", &aot_settings::label_smoothing}),
    list_recipe(
        "aot_unpaired", "cdpo on preferred and rejected log-ratios matched by rank", "Melnyk 2024",
        [](aot_settings s) { return aot_unpaired(s); }, setting{"beta", &aot_settings::beta},
        setting{"label_smoothing", &aot_settings::label_smoothing}),
    list_recipe(
        "nca_pair", "sp(−βa_0) + ½ sp(βa_0) + ½ sp(βa_1)", "Chen 2024 (NCA)",
        [](nca_pair_settings s) { return nca_pair(s); }, setting{"beta", &nca_pair_settings::beta}),
    list_recipe(
        "bco_pair", "sp(−βa_0) + sp(βa_1)", "Jung 2024", [](bco_pair_settings s) { return bco_pair(s); },
        setting{"beta", &bco_pair_settings::beta}),
    list_recipe(
        "sppo_hard", "(a_0 − 1 / 2β)² + (a_1 + 1 / 2β)²", "Wu 2024 (SPPO), Eq. 4.7",
        [](sppo_hard_settings s) { return sppo_hard(s); }, setting{"beta", &sppo_hard_settings::beta}),
    list_recipe(
        "apo_zero", "σ(−βa_0) + σ(βa_1)", "D'Oosterlinck 2024, Eq. 7",
        [](apo_zero_settings s) { return apo_zero(s); }, setting{"beta", &apo_zero_settings::beta}),
    list_recipe(
        "apo_down", "σ(βa_0) + σ(−m)", "D'Oosterlinck 2024, Eq. 8",
        [](apo_down_settings s) { return apo_down(s); }, setting{"beta", &apo_down_settings::beta}),
    list_recipe(
        "curry_dpo", "sp(−m), easy pairs first", "Pattnaik 2024",
        [](curry_dpo_settings s) { return curry_dpo(s); }, setting{"beta", &curry_dpo_settings::beta}),
    list_recipe(
        "rodpo", "w_d sp(−m) − w_n p_0, negatives from the top K", "Huang 2026",
        [](rodpo_settings s) { return rodpo(s); }, setting{"beta", &rodpo_settings::beta},
        setting{"nll_weight", &rodpo_settings::nll_weight},
        setting{"dpo_weight", &rodpo_settings::dpo_weight}),
    list_recipe(
        "dove", "sp(−m), a of the pair of context and item", "Bansal 2024",
        [](dove_settings s) { return dove(s); }, setting{"beta", &dove_settings::beta}),
};

inline constexpr auto adaptive = std::tuple{
    list_recipe(
        "beta_dpo", "sp(−m), β from the batch, outliers filtered", "Wu 2024 (β-DPO)",
        [](beta_dpo_settings s) { return beta_dpo(s); }, setting{"beta", &beta_dpo_settings::beta},
        setting{"alpha", &beta_dpo_settings::alpha}, setting{"rho", &beta_dpo_settings::rho},
        setting{"seed", &beta_dpo_settings::seed}),
    list_recipe(
        "hanorec", "sp(−m), β of hardness and responsiveness", "Wang 2025, Eqs. 7–12",
        [](hanorec_settings s) { return hanorec(s); }, setting{"beta", &hanorec_settings::beta}),
    list_recipe(
        "dama", "sp(−m), β of data and model", "Lu 2025", [](dama_settings s) { return dama(s); },
        setting{"beta", &dama_settings::beta}, setting{"hardness_mean", &dama_settings::hardness_mean},
        setting{"drop", &dama_settings::drop}, setting{"seed", &dama_settings::seed}),
    list_recipe(
        "dynamicpo", "sp(−mean_k β_k (a_0 − a_k)) over the boundary", "Hu 2026, first code",
        [](dynamicpo_settings s) { return dynamicpo(s); }, setting{"beta", &dynamicpo_settings::beta},
        setting{"margin", &dynamicpo_settings::margin}, setting{"scale", &dynamicpo_settings::scale}),
    list_recipe(
        "dynamicpo_dmpo_v2", "sp(−mean_k β_k (a_0 − a_k)) over the boundary", "Hu 2026",
        [](dynamicpo_dmpo_v2_settings s) { return dynamicpo_dmpo_v2(s); },
        setting{"beta", &dynamicpo_dmpo_v2_settings::beta},
        setting{"margin", &dynamicpo_dmpo_v2_settings::margin},
        setting{"scale", &dynamicpo_dmpo_v2_settings::scale}),
    list_recipe(
        "dynamicpo_sdpo", "log(1 + Σ_k e^{β_k (a_k − a_0)}) over the boundary", "Hu 2026",
        [](dynamicpo_sdpo_settings s) { return dynamicpo_sdpo(s); },
        setting{"beta", &dynamicpo_sdpo_settings::beta}, setting{"margin", &dynamicpo_sdpo_settings::margin},
        setting{"scale", &dynamicpo_sdpo_settings::scale},
        setting{"epsilon", &dynamicpo_sdpo_settings::epsilon}),
    list_recipe(
        "dynamicpo_mppo", "sp(−Σ_k β_k (π_0 − π_k)) over the boundary", "Hu 2026",
        [](dynamicpo_mppo_settings s) { return dynamicpo_mppo(s); },
        setting{"beta", &dynamicpo_mppo_settings::beta}, setting{"margin", &dynamicpo_mppo_settings::margin},
        setting{"scale", &dynamicpo_mppo_settings::scale}),
};

inline constexpr auto several = std::tuple{
    list_recipe(
        "s_dpo", "log(1 + Σ_k e^{β (a_k − a_0)})", "Chen 2024 (S-DPO), Eq. 11",
        [](s_dpo_settings s) { return s_dpo(s); }, setting{"beta", &s_dpo_settings::beta}),
    list_recipe(
        "dpo_k", "mean_k sp(−β (a_0 − a_k))", "Chen 2024 (S-DPO), Table 2",
        [](dpo_k_settings s) { return dpo_k(s); }, setting{"beta", &dpo_k_settings::beta}),
    list_recipe(
        "dmpo", "sp(−β (a_0 − mean_k a_k))", "Bai 2024", [](dmpo_settings s) { return dmpo(s); },
        setting{"beta", &dmpo_settings::beta}),
    list_recipe(
        "mppo", "sp(−β Σ_k (π_0 − π_k))", "Xie 2025, Eq. 10", [](mppo_settings s) { return mppo(s); },
        setting{"beta", &mppo_settings::beta}),
};

inline constexpr auto reference_free = std::tuple{
    list_recipe(
        "simpo", "sp(γ − β (p_0 − p_1)), p per token", "Meng 2024", [](simpo_settings s) { return simpo(s); },
        setting{"beta", &simpo_settings::beta}, setting{"gamma", &simpo_settings::gamma},
        setting{"label_smoothing", &simpo_settings::label_smoothing}),
    list_recipe(
        "cpo", "sp(−β (p_0 − p_1)) − w_n p_0", "Xu 2024, Eq. 3", [](cpo_settings s) { return cpo(s); },
        setting{"beta", &cpo_settings::beta}, setting{"nll_weight", &cpo_settings::nll_weight},
        setting{"label_smoothing", &cpo_settings::label_smoothing}),
    list_recipe(
        "alphapo", "sp(γ − β (S_0 − S_1)), S = (1 − e^{−αp}) / α", "Gupta 2025",
        [](alphapo_settings s) { return alphapo(s); }, setting{"beta", &alphapo_settings::beta},
        setting{"gamma", &alphapo_settings::gamma}, setting{"alpha", &alphapo_settings::alpha}),
    list_recipe(
        "orpo", "β sp(−log-odds ratio) − w_n p_0", "Hong 2024 (ORPO), Eqs. 4, 7",
        [](orpo_settings s) { return orpo(s); }, setting{"beta", &orpo_settings::beta},
        setting{"nll_weight", &orpo_settings::nll_weight}),
    list_recipe(
        "mapo", "−p_0 + β sp(−T (f_0 − f_1)), f = cm / (e^{cm} − 1), m = −p", "Hong 2024 (MaPO)",
        [](mapo_settings s) { return mapo(s); }, setting{"beta", &mapo_settings::beta},
        setting{"snr", &mapo_settings::snr}, setting{"steps", &mapo_settings::steps}),
};

inline constexpr auto unpaired = std::tuple{
    list_recipe(
        "kto", "w σ(∓β (a − KL)) for good and bad items", "Ethayarajh 2024, Eq. 7",
        [](kto_settings s) { return kto(s); }, setting{"beta", &kto_settings::beta},
        setting{"desirable_weight", &kto_settings::desirable_weight},
        setting{"undesirable_weight", &kto_settings::undesirable_weight}),
    list_recipe(
        "apo_zero_unpaired", "w σ(∓βa) for good and bad items", "D'Oosterlinck 2024",
        [](apo_zero_unpaired_settings s) { return apo_zero_unpaired(s); },
        setting{"beta", &apo_zero_unpaired_settings::beta},
        setting{"desirable_weight", &apo_zero_unpaired_settings::desirable_weight},
        setting{"undesirable_weight", &apo_zero_unpaired_settings::undesirable_weight}),
    list_recipe(
        "bco", "½ sp(∓(βa − δ)) for good and bad items, δ a running mean", "Jung 2024",
        [](bco_settings s) { return bco(s); }, setting{"beta", &bco_settings::beta}),
};

inline constexpr auto listwise = std::tuple{
    list_recipe(
        "plackett_luce", "Σ_j (log Σ_{i ≥ j} e^{βa_i} − βa_j), best first",
        "Rafailov 2023, App. A.3; Xia 2008 (ListMLE)",
        [](plackett_luce_settings s) { return plackett_luce(s); },
        setting{"beta", &plackett_luce_settings::beta}),
    list_recipe(
        "plackett_luce_topm", "the same over the first m places", "Rafailov 2023, App. A.3",
        [](plackett_luce_topm_settings s) { return plackett_luce_topm(s); },
        setting{"beta", &plackett_luce_topm_settings::beta},
        setting{"top_m", &plackett_luce_topm_settings::top_m}),
    list_recipe(
        "plackett_luce_groups", "−log P(the order of the groups of equal grade)",
        "Ma 2021 (partitioned preference)",
        [](plackett_luce_groups_settings s) { return plackett_luce_groups(s); },
        setting{"beta", &plackett_luce_groups_settings::beta}),
    list_recipe(
        "lipo_lambda", "Σ_{y_i > y_j} λ_ij sp(−β (a_i − a_j)), ranks by the policy", "Liu 2024 (LiPO)",
        [](lipo_lambda_settings s) { return lipo_lambda(s); }, setting{"beta", &lipo_lambda_settings::beta},
        setting{"log_base", &lipo_lambda_settings::log_base}),
    list_recipe(
        "rankdpo", "Σ_{y_i > y_j} λ_ij sp(−β (a_i − a_j)), ranks by the grades", "Karthik 2024, Eqs. 5–7",
        [](rankdpo_settings s) { return rankdpo(s); }, setting{"beta", &rankdpo_settings::beta}),
    list_recipe(
        "irpo", "mean_i w_i sp(log mean_{j ≠ i} e^{β (a_j − a_i)})", "Wu 2025 (IRPO)",
        [](irpo_settings s) { return irpo(s); }, setting{"beta", &irpo_settings::beta},
        setting{"weighting_id", &irpo_settings::weighting_id},
        setting{"self_term", &irpo_settings::self_term}),
    list_recipe("listnet", "−Σ_i softmax(y)_i log softmax(s)_i", "Cao 2007",
                [](no_settings) { return listnet(); }),
    list_recipe("binary_listnet", "−Σ_i y_i / Σy · log softmax(s)_i", "allRank",
                [](no_settings) { return binary_listnet(); }),
    list_recipe(
        "ranknet", "mean_{y_i > y_j} w_ij sp(−(s_i − s_j))", "Burges 2005",
        [](ranknet_settings s) { return ranknet(s); }, setting{"weighting", &ranknet_settings::weighting}),
    list_recipe(
        "lambda_loss", "Σ_{y_i > y_j} w_ij sp(−σ (s_i − s_j))", "Wang 2018",
        [](lambda_loss_settings s) { return lambda_loss(s); },
        setting{"weighting_scheme", &lambda_loss_settings::weighting_scheme},
        setting{"k", &lambda_loss_settings::k}, setting{"sigma", &lambda_loss_settings::sigma},
        setting{"mu", &lambda_loss_settings::mu}, setting{"log_base", &lambda_loss_settings::log_base},
        setting{"reduction", &lambda_loss_settings::reduction}),
    list_recipe(
        "approx_ndcg", "−NDCG at smooth ranks", "Qin 2010",
        [](approx_ndcg_settings s) { return approx_ndcg(s); },
        setting{"alpha", &approx_ndcg_settings::alpha}),
    list_recipe(
        "neural_ndcg", "−NDCG under NeuralSort", "Pobrotyn 2021",
        [](neural_ndcg_settings s) { return neural_ndcg(s); },
        setting{"temperature", &neural_ndcg_settings::temperature}, setting{"k", &neural_ndcg_settings::k}),
};

inline constexpr auto general_preference = std::tuple{
    list_recipe(
        "gpm", "sp((margin − score(v_0, v_1)) / τ), skew-symmetric over vectors", "Zhang 2024 (GPM)",
        [](gpm_settings s) { return gpm(s); }, setting{"components", &gpm_settings::components},
        setting{"tau", &gpm_settings::tau}, setting{"margin", &gpm_settings::margin}),
    list_recipe(
        "gpo", "mean_i (a_i − (q_i − log Z) / β)²", "Zhang 2024 (GPM), Eqs. 5.2, 5.3",
        [](gpo_settings s) { return gpo(s); }, setting{"beta", &gpo_settings::beta},
        setting{"log_z", &gpo_settings::log_z}),
    list_recipe(
        "sppo", "mean_i (a_i − (P_i − ½) / β)²", "Wu 2024 (SPPO)", [](sppo_settings s) { return sppo(s); },
        setting{"beta", &sppo_settings::beta}),
    list_recipe(
        "bt_ties", "−log P(win, loss or tie)", "Rao & Kupper 1967; Davidson 1970",
        [](bt_ties_settings s) { return bt_ties(s); }, setting{"theta", &bt_ties_settings::theta},
        setting{"nu", &bt_ties_settings::nu}),
    list_recipe(
        "bt_wide_ties", "sp(margin − d), for a tie + sp(margin + d)", "Lian 2025",
        [](bt_wide_ties_settings s) { return bt_wide_ties(s); },
        setting{"margin", &bt_wide_ties_settings::margin},
        setting{"label_smoothing", &bt_wide_ties_settings::label_smoothing},
        setting{"win_weight", &bt_wide_ties_settings::win_weight},
        setting{"tie_weight", &bt_wide_ties_settings::tie_weight}),
};

inline constexpr auto recommender = std::tuple{
    list_recipe("bpr", "mean_k sp(s_k − s_0)", "Rendle 2009", [](no_settings) { return bpr(); }),
    list_recipe(
        "softmax", "log Σ_i e^{z_i} − z_0, z = s / T − log q", "InfoNCE, sampled softmax",
        [](softmax_settings s) { return softmax(s); },
        setting{"temperature", &softmax_settings::temperature}),
    list_recipe("bce", "sp(−s_0) + mean_k sp(s_k)", "Kang & McAuley 2018, Eq. 6",
                [](no_settings) { return bce(); }),
    list_recipe(
        "gbce", "(b sp(−s_0) + Σ_k sp(s_k)) / (K + 1)", "Petrov & Macdonald 2023",
        [](gbce_settings s) { return gbce(s); }, setting{"num_items", &gbce_settings::num_items},
        setting{"t", &gbce_settings::t}),
    list_recipe("nll", "−p_0", "maximum likelihood", [](no_settings) { return nll(); }),
};

}  // namespace listed

/// Calls `visit` with every `listed_recipe`, family by family.
template <class Visit>
constexpr void for_each_recipe(const Visit& visit) {
  const auto each = [&](const auto& family) {
    std::apply([&](const auto&... recipes) { (visit(recipes), ...); }, family);
  };
  each(listed::pairwise);
  each(listed::adaptive);
  each(listed::several);
  each(listed::reference_free);
  each(listed::unpaired);
  each(listed::listwise);
  each(listed::general_preference);
  each(listed::recommender);
}

}  // namespace prefopt
