#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <prefopt/detail/aligned_buffer.hpp>

namespace prefopt::detail {

/// Memory that a task reuses from tile to tile: nothing is allocated once it has grown to the size of a row. Bytes, so
/// that one of them does for numbers of every type, and is compiled once.
class scratch {
 public:
  /// Room for `size` numbers or masks at the start of a cache line, valid until `restart`; what it holds is left from
  /// last time.
  template <class T>
  T* take(index size) {
    const index wanted = (size * static_cast<index>(sizeof(T)) + line - 1) & -line;
    if (end_ - next_ < wanted) add_block(wanted);
    return reinterpret_cast<T*>(std::exchange(next_, next_ + wanted));
  }
  /// What was taken since is free again.
  struct place {
    std::size_t block;
    index used;
  };
  place mark() const { return {current_, blocks_.empty() ? 0 : next_ - blocks_[current_].bytes.data()}; }
  void restart(place at = {0, 0}) {
    if (blocks_.empty()) return;
    if (at.block != current_) select(at.block);
    next_ = blocks_[current_].bytes.data() + at.used;
  }
  /// Makes one block of all, for the next time.
  void settle() {
    if (blocks_.size() < 2) return;
    index total = 0;
    for (const block& one : blocks_) total += one.size;
    blocks_.clear();
    append(total);
  }

 private:
  static constexpr index line = 64;

  struct block {
    aligned_buffer<char> bytes;
    index size;
  };

  /// Older blocks stay: pointers into them are in use.
  [[gnu::noinline, gnu::cold]] void add_block(index size) {
    while (current_ + 1 < blocks_.size()) {
      select(current_ + 1);
      if (end_ - next_ >= size) return;
    }
    const index doubled = blocks_.empty() ? 0 : 2 * blocks_.back().size;
    append(size > doubled ? size : doubled);
  }
  void append(index size) {
    blocks_.push_back({{}, size});
    blocks_.back().bytes.take(size);
    select(blocks_.size() - 1);
  }
  void select(std::size_t which) {
    current_ = which;
    next_ = blocks_[which].bytes.data();
    end_ = next_ + blocks_[which].size;
  }

  std::vector<block> blocks_;
  std::size_t current_ = 0;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace prefopt::detail
