#include <algorithm>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "checkpoint.hpp"
#include "commands.hpp"
#include "ids.hpp"
#include "model_log.hpp"
#include "report.hpp"
#include "titles.hpp"

namespace sasrec {
namespace {

struct recommend_arguments {
  log_arguments log;
  std::string model = "model.sasrec";
  std::vector<std::string> users;
  std::size_t top = 10;
  std::string titles;
};

/// The best `top` items that are not in the history, best first; equal scores in the catalogue's order.
std::vector<std::int32_t> best_items(const Eigen::RowVectorXf& scores, item_span history, std::size_t top) {
  std::vector<bool> known(static_cast<std::size_t>(scores.size()), false);
  for (const std::int32_t item : history) known[static_cast<std::size_t>(item)] = true;
  std::vector<std::int32_t> items;
  for (std::int32_t item = 0; item < scores.size(); ++item)
    if (!known[static_cast<std::size_t>(item)]) items.push_back(item);
  const auto end = items.begin() + static_cast<std::ptrdiff_t>(std::min(top, items.size()));
  std::partial_sort(items.begin(), end, items.end(), [&](std::int32_t a, std::int32_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  });
  items.erase(end, items.end());
  return items;
}

/// "id title", or the id alone.
std::string name_of_item(const std::string& id, const title_map& titles) {
  const auto title = titles.find(id);
  return title == titles.end() ? id : fmt::format("{} {}", id, title->second);
}

void recommend_to(const std::string& user, std::int32_t number, const checkpoint& file,
                  const interaction_log& log, const title_map& titles, std::size_t top) {
  const item_span history = log.sequences[static_cast<std::size_t>(number)];
  std::vector<std::string> latest;
  for (const std::int32_t item : history.last(std::min<std::size_t>(history.size(), 3)))
    latest.push_back(name_of_item(log.item_ids[static_cast<std::size_t>(item)], titles));
  fmt::print("\nuser {}: {} items, the latest {}\n", user, history.size(), fmt::join(latest, "; "));

  const Eigen::RowVectorXf scores = file.best.encode({&history, 1}) * file.best.item_embeddings().transpose();
  std::vector<std::vector<std::string>> table{{"", "score"}};
  const auto items = best_items(scores, history, top);
  for (std::size_t rank = 0; rank < items.size(); ++rank)
    table.push_back({fmt::format("{:>3}  {}", rank + 1,
                                 name_of_item(log.item_ids[static_cast<std::size_t>(items[rank])], titles)),
                     fmt::format("{:.4f}", scores[items[rank]])});
  fmt::print("{}", text_table(table));
}

void run_recommend(const recommend_arguments& arguments) {
  const checkpoint file = load(arguments.model);
  const interaction_log log = open_log_for(file, arguments.log);
  const title_map titles = arguments.titles.empty() ? title_map() : read_titles(arguments.titles);
  const id_table users(log.user_ids);
  for (const std::string& user : arguments.users) {
    const auto number = users.find(user);
    if (!number) throw std::runtime_error(fmt::format("{}: there is no user {}", arguments.log.path, user));
    recommend_to(user, *number, file, log, titles, arguments.top);
  }
}

}  // namespace

void add_recommend_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("recommend", "The items a user is most likely to choose next");
  const auto arguments = std::make_shared<recommend_arguments>();
  add_log_arguments(*command, arguments->log)->required();
  add_setting(*command, "-m,--model", arguments->model, "The model file");
  command
      ->add_option("-u,--user", arguments->users, "Whom to recommend to, as the log names her; one or more")
      ->required();
  add_setting(*command, "-n,--top", arguments->top, "How many items")->check(CLI::PositiveNumber);
  command->add_option(
      "--titles", arguments->titles,
      "What items are called: MovieLens u.item, movies.csv or movies.dat, or 'id TAB title' lines");
  command->callback([=] { run_recommend(*arguments); });
}

}  // namespace sasrec
