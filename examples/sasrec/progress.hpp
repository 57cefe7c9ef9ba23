#pragma once

#include <cstdio>
#include <string>

#include "training_loop.hpp"

/// \file
/// What is seen while a model learns: one line on stderr, with the rate and the time left.

namespace sasrec {

/// One epoch in one line. `seconds_left` is the time that the epochs still allowed would take; early stopping
/// may end the run before.
std::string progress_text(const epoch_report& report, double seconds_left);

/// Shows every epoch. On a terminal the line is updated in place; into a file or a pipe each epoch gets a
/// line of its own.
class progress_display {
 public:
  explicit progress_display(std::FILE* out = stderr);
  progress_display(const progress_display&) = delete;
  progress_display& operator=(const progress_display&) = delete;
  ~progress_display();  ///< ends the line

  void show(const epoch_report& report);

 private:
  std::FILE* out_;
  bool in_place_;
  std::size_t shown_ = 0;  ///< length of the line that stands on the terminal
  double seconds_ = 0;     ///< spent in the epochs seen
  int epochs_ = 0;         ///< how many of them
};

}  // namespace sasrec
