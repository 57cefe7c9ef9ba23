#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "model.hpp"
#include "training_loop.hpp"

/// \file
/// The model file. Little-endian, no padding; a string is a u32 length and that many bytes, a matrix is u32
/// rows, u32 columns and its floats row by row.
///
///     8 bytes   "SASREC\r\n"
///     u32       version, 1
///     u64       bytes of the whole file
///     config    i32 items, dim, max_length, blocks, heads; f32 dropout; u64 seed
///     string    settings: free text of the program that wrote the file (its arguments as JSON)
///     u32 n     item names: n strings, n = items, or 0 if the items have no names
///     u32 p     parameters: p times a string (name) and a matrix
///     u8        1 if a training state follows, 2 if one of an alignment that keeps more than that, else 0
///       i32 epoch; u64 step; i32 best epoch; f64 best NDCG@10; u64 optimiser steps
///       p matrices  parameters after the last epoch
///       u32 m       m = p, or 0 before the first step
///       m matrices  Adam's first moments
///       m matrices  Adam's second moments
///       with 2: string  the objective's running statistics
///               u8      1 if p matrices follow, a reference that moves, else 0
///     u64       FNV-1a hash of all bytes before it

namespace sasrec {

struct checkpoint {
  model best;
  std::vector<std::string> item_ids;  ///< the log's name of each item; may be empty
  std::string settings;
  std::optional<training_state> training;  ///< what a resumed run continues from
};

/// Thrown by `save` and `load`; the text names the file and what is wrong with it.
class checkpoint_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Writes a temporary file beside `path` and renames it, so that a reader finds the old file or the new one
/// and never a half. Throws checkpoint_error; the old file is then untouched.
void save(const std::filesystem::path& path, const checkpoint& contents);

/// Throws checkpoint_error if the file cannot be read, is not a model file or of another version, is
/// truncated or damaged, or does not hold the parameters that its own config asks for.
checkpoint load(const std::filesystem::path& path);

}  // namespace sasrec
