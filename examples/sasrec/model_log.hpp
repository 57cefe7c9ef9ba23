#pragma once

#include "arguments.hpp"
#include "checkpoint.hpp"
#include "log.hpp"

/// \file
/// A log read for a model that exists: items carry the model's numbers.

namespace sasrec {

/// Renumbers the items of `log` as in `item_ids` and gives it that catalogue, which may be larger. Throws
/// std::runtime_error naming an item that is not in it.
void use_catalogue(interaction_log& log, const std::vector<std::string>& item_ids);

/// Reads the log, says on stdout what it holds, and gives it the catalogue of the model in `file`.
interaction_log open_log_for(const checkpoint& file, const log_arguments& arguments);

}  // namespace sasrec
