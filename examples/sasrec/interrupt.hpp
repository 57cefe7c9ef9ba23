#pragma once

#include <string>
#include <utility>

/// \file
/// Ctrl-C while a model learns: the program ends at once, and the model file on disk is a whole one.

namespace sasrec {

/// While this lives, SIGINT and SIGTERM print `farewell` on stderr and end the process with status 130 or 143
/// (128 + the signal). One at a time.
class interrupt_guard {
 public:
  explicit interrupt_guard(std::string farewell);
  interrupt_guard(const interrupt_guard&) = delete;
  interrupt_guard& operator=(const interrupt_guard&) = delete;
  ~interrupt_guard();

  /// Runs `save`, and says `farewell` from then on. A signal that arrives meanwhile waits until it is done.
  template <class Save>
  void save_and_say(const Save& save, std::string farewell) {
    const held_back here;
    save();
    say(std::move(farewell));
  }

 private:
  struct held_back {
    held_back();
    ~held_back();
  };

  void say(std::string farewell);

  std::string farewell_;
};

}  // namespace sasrec
