#pragma once

#include <cstddef>

namespace prefopt {

/// What a part observes of one example, for its step over the batch.
template <class T, std::size_t Count>
struct observed {
  T values[Count];
};
template <class T, class... More>
observed(T, More...) -> observed<T, 1 + sizeof...(More)>;

}  // namespace prefopt
