#include "progress.hpp"

#include <cmath>

#include <fmt/format.h>
#include <unistd.h>

#include "report.hpp"

namespace sasrec {

std::string progress_text(const epoch_report& report, double seconds_left) {
  std::string text = fmt::format("epoch {}/{}  loss {:.4f}", report.epoch, report.epochs, report.loss);
  if (report.validated)
    text += fmt::format("  validation NDCG@10 {:.4f}{}", report.validated->ndcg10, report.best ? " *" : "  ");
  const double rate = std::isfinite(report.examples_per_second) ? report.examples_per_second : 0;
  text += fmt::format("  {} examples/s", with_commas(static_cast<std::size_t>(rate)));
  if (report.epoch < report.epochs) text += fmt::format("  at most {} left", duration_text(seconds_left));
  return text;
}

progress_display::progress_display(std::FILE* out) : out_(out), in_place_(isatty(fileno(out)) != 0) {}

progress_display::~progress_display() {
  if (in_place_ && shown_ > 0) std::fputc('\n', out_);
}

void progress_display::show(const epoch_report& report) {
  seconds_ += report.seconds + report.validation_seconds;
  ++epochs_;
  const std::string text = progress_text(report, seconds_ / epochs_ * (report.epochs - report.epoch));
  if (in_place_)
    fmt::print(out_, "\r{:<{}}", text, shown_);  // blanks cover what is left of a longer line
  else
    fmt::print(out_, "{}\n", text);
  std::fflush(out_);
  shown_ = text.size();
}

}  // namespace sasrec
