#pragma once

/// \file
/// All samplers of negatives, and where the scored ones get their candidates from.

#include <prefopt/samplers/ahns.hpp>
#include <prefopt/samplers/curriculum.hpp>
#include <prefopt/samplers/dns.hpp>
#include <prefopt/samplers/exact_scores.hpp>
#include <prefopt/samplers/hard_topk.hpp>
#include <prefopt/samplers/in_batch.hpp>
#include <prefopt/samplers/inclusion.hpp>
#include <prefopt/samplers/log_frequency.hpp>
#include <prefopt/samplers/mixture.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/score_rows.hpp>
#include <prefopt/samplers/search_index.hpp>
#include <prefopt/samplers/self_play.hpp>
#include <prefopt/samplers/skip_topk.hpp>
#include <prefopt/samplers/softmax_negative.hpp>
#include <prefopt/samplers/top_k.hpp>
#include <prefopt/samplers/topk_softmax.hpp>
#include <prefopt/samplers/topk_uniform.hpp>
#include <prefopt/samplers/uniform.hpp>
