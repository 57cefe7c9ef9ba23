#include "report.hpp"

#include <algorithm>
#include <cstdio>

namespace bench {
namespace {

template <class... Values>
std::string text(const char* format, Values... values) {
  char line[256];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool report::wants(const std::vector<std::string>& ids) const {
  return only_.empty() ||
         std::any_of(ids.begin(), ids.end(), [&](const std::string& id) { return holds(only_, id); });
}

void report::set(const std::string& id, double value) { values_[id] = text("%.3g", value); }
void report::skip(const std::string& id) { values_[id] = "skipped"; }

void report::keep(const std::string& title, const race& runners, double examples, const std::string& limit) {
  for (const std::string& name : runners.names()) {
    const auto ns = [&](double q) {
      const double value = runners.seconds(name, q) / examples * 1e9;
      return text(value < 1000 ? "%.4g" : "%.0f", value);
    };
    details_.push_back(title + '\t' + name + '\t' + ns(0.1) + '\t' + ns(0.5) + '\t' + ns(0.9) + '\t' +
                       text("%.2f", runners.ratio(limit, name)) + '\t' + std::to_string(runners.rounds()));
  }
}

void report::print_figures(const std::vector<std::string>& ids) const {
  for (const std::string& id : ids)
    if (const auto found = values_.find(id); found != values_.end() && (only_.empty() || holds(only_, id)))
      std::printf("%s %s\n", id.c_str(), found->second.c_str());
}

void report::print_details() const {
  std::printf("\nrace\twho\tns/example p10\tmedian\tp90\tlimit/who\trounds\n");
  for (const std::string& line : details_) std::printf("%s\n", line.c_str());
  std::printf("\n");
  for (const std::string& line : notes_) std::printf("# %s\n", line.c_str());
}

}  // namespace bench
