#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

/// \file
/// Who runs the pieces of a call: the caller's thread, or any `parallel_for` she already has.

namespace prefopt {

/// A non-owning reference to a callable; costs one indirect call and never allocates.
template <class Signature>
class function_ref;

template <class Return, class... Arguments>
class function_ref<Return(Arguments...)> {
 public:
  template <class Function>
    requires(!std::is_same_v<std::remove_cvref_t<Function>, function_ref>) &&
                std::is_invocable_r_v<Return, Function&, Arguments...>
  constexpr function_ref(Function&& function)
      : object_(const_cast<void*>(static_cast<const void*>(&function))),
        call_([](void* object, Arguments... arguments) -> Return {
          return (*static_cast<std::remove_reference_t<Function>*>(object))(
              std::forward<Arguments>(arguments)...);
        }) {}

  constexpr Return operator()(Arguments... arguments) const {
    return call_(object_, std::forward<Arguments>(arguments)...);
  }

 private:
  void* object_;
  Return (*call_)(void*, Arguments...);
};

/// Runs `body(task)` for every task in [0, tasks). `tasks` is how many pieces a call is cut into; what a call
/// computes does not depend on it, nor on which thread runs which piece. The default is one piece, here and
/// now.
///
///     prefopt::executor on_my_pool{
///         .tasks = pool.size(),
///         .parallel_for = [](std::size_t tasks, prefopt::executor::body_type body, void* pool) {
///           static_cast<my_pool*>(pool)->run(tasks, body);  // returns when all are done
///         },
///         .context = &pool};
///
/// `parallel_for` is a captureless function, so that an executor can be copied and kept; the pool goes into
/// `context`. `body` does not throw.
struct executor {
  using body_type = function_ref<void(std::size_t)>;

  std::size_t tasks = 1;
  void (*parallel_for)(std::size_t tasks, body_type body, void* context) = nullptr;
  void* context = nullptr;

  void run(std::size_t count, body_type body) const {
    if (parallel_for != nullptr && count > 1) return parallel_for(count, body, context);
    for (std::size_t task = 0; task < count; ++task) body(task);
  }
};

}  // namespace prefopt
