#include "interrupt.hpp"

#include <atomic>
#include <csignal>
#include <cstddef>
#include <utility>

#include <unistd.h>

namespace sasrec {
namespace {

// A signal handler may touch lock-free atomics and call write and _exit, and nothing else.
std::atomic<const char*> farewell_text = nullptr;
std::atomic<std::size_t> farewell_size = 0;
std::atomic<bool> holding = false;
std::atomic<int> waiting = 0;
static_assert(std::atomic<const char*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

[[noreturn]] void leave(int signal) {
  // Nothing can be done if stderr is closed.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, farewell_text, farewell_size);
  _exit(128 + signal);
}

extern "C" void on_signal(int signal) {
  if (holding)
    waiting = signal;
  else
    leave(signal);
}

}  // namespace

interrupt_guard::interrupt_guard(std::string farewell) {
  say(std::move(farewell));
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

interrupt_guard::~interrupt_guard() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

void interrupt_guard::say(std::string farewell) {
  farewell_ = std::move(farewell);
  farewell_text = farewell_.data();
  farewell_size = farewell_.size();
}

interrupt_guard::held_back::held_back() { holding = true; }

interrupt_guard::held_back::~held_back() {
  holding = false;
  if (waiting != 0) leave(waiting);
}

}  // namespace sasrec
