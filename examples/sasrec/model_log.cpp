#include "model_log.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ids.hpp"

namespace sasrec {

void use_catalogue(interaction_log& log, const std::vector<std::string>& item_ids) {
  const id_table catalogue(item_ids);
  std::vector<std::int32_t> number_of;
  for (const std::string& id : log.item_ids) {
    const auto number = catalogue.find(id);
    if (!number) throw std::runtime_error(fmt::format("the model does not know item {} of the log", id));
    number_of.push_back(*number);
  }
  for (auto& sequence : log.sequences)
    for (std::int32_t& item : sequence) item = number_of[static_cast<std::size_t>(item)];
  log.item_ids = item_ids;
  log.items = static_cast<std::int32_t>(item_ids.size());
}

interaction_log open_log_for(const checkpoint& file, const log_arguments& arguments) {
  interaction_log log = open_log(arguments);
  use_catalogue(log, file.item_ids);
  return log;
}

}  // namespace sasrec
