#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <prefopt/samplers/ahns.hpp>
#include <prefopt/samplers/curriculum.hpp>
#include <prefopt/samplers/dns.hpp>
#include <prefopt/samplers/hard_topk.hpp>
#include <prefopt/samplers/in_batch.hpp>
#include <prefopt/samplers/mixture.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/self_play.hpp>
#include <prefopt/samplers/skip_topk.hpp>
#include <prefopt/samplers/softmax_negative.hpp>
#include <prefopt/samplers/topk_softmax.hpp>
#include <prefopt/samplers/topk_uniform.hpp>
#include <prefopt/samplers/uniform.hpp>

/// \file
/// prefopt's samplers by name, with their settings.

namespace sasrec {

/// By name; what is not named has its default.
using sampler_settings = std::map<std::string, double>;

/// Half hard, half anything.
using half_hard = prefopt::samplers::mixture<prefopt::samplers::topk_softmax, prefopt::samplers::uniform>;

/// in_batch is made for each batch, so here it stands without one.
using any_sampler =
    std::variant<prefopt::samplers::uniform, prefopt::samplers::popularity, prefopt::samplers::in_batch,
                 prefopt::samplers::hard_topk, prefopt::samplers::topk_uniform,
                 prefopt::samplers::topk_softmax, prefopt::samplers::skip_topk, prefopt::samplers::dns,
                 prefopt::samplers::softmax_negative, prefopt::samplers::self_play, prefopt::samplers::ahns,
                 prefopt::samplers::curriculum<>, half_hard>;

std::vector<std::string> sampler_names();

/// Whether it looks at scores.
bool is_scored(const any_sampler& sampler);

/// Whether it has such a setting. Throws std::invalid_argument, which lists the names, for an unknown sampler.
bool sampler_has_setting(const std::string& sampler, const std::string& setting);

/// counts  [items], how often each item was chosen
/// Throws std::invalid_argument for an unknown name, a setting that the sampler does not have (both list the known
/// ones) or a setting out of range.
any_sampler make_sampler(const std::string& name, const sampler_settings& settings,
                         std::span<const double> counts);

}  // namespace sasrec
