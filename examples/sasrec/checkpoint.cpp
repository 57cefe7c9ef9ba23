#include "checkpoint.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "parameters.hpp"

namespace sasrec {
namespace {

static_assert(std::endian::native == std::endian::little, "the model file is written as it lies in memory");

constexpr std::string_view magic = "SASREC\r\n";  // a transfer in text mode would change the line end
constexpr std::uint32_t version = 1;

std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3u;
  return hash;
}

/// Appends to the bytes of a file.
struct writer {
  std::string bytes;

  template <class Value>
    requires std::is_arithmetic_v<Value>
  void operator()(const Value& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void operator()(const std::string& text) {
    (*this)(static_cast<std::uint32_t>(text.size()));
    bytes += text;
  }
  void operator()(const matrix& values) {
    (*this)(static_cast<std::uint32_t>(values.rows()));
    (*this)(static_cast<std::uint32_t>(values.cols()));
    bytes.append(reinterpret_cast<const char*>(values.data()),
                 static_cast<std::size_t>(values.size()) * sizeof(float));
  }
  template <class Value>
  void operator()(const std::vector<Value>& list) {
    (*this)(static_cast<std::uint32_t>(list.size()));
    for (const Value& one : list) (*this)(one);
  }
};

/// Takes values off the front of a file's bytes, and knows what to say when there are none left.
struct reader {
  std::string_view bytes;
  const std::filesystem::path& path;

  [[noreturn]] void fail(const std::string& problem) const {
    throw checkpoint_error(fmt::format("{}: {}", path.string(), problem));
  }
  std::string_view take(std::uint64_t count) {
    if (bytes.size() < count) fail("the file is truncated");
    const std::string_view front = bytes.substr(0, count);
    bytes.remove_prefix(count);
    return front;
  }
  template <class Value>
    requires std::is_arithmetic_v<Value>
  void operator()(Value& value) {
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
  }
  template <class Value>
  Value get() {
    Value value;
    (*this)(value);
    return value;
  }
  void operator()(std::string& text) { text = take(get<std::uint32_t>()); }
  /// Reads into a matrix whose shape is known already; the file must agree.
  void operator()(matrix& values) {
    const auto rows = get<std::uint32_t>(), columns = get<std::uint32_t>();
    if (rows != values.rows() || columns != values.cols())
      fail(fmt::format("a parameter is [{}, {}], the file's config asks for [{}, {}]", rows, columns,
                       values.rows(), values.cols()));
    const std::string_view data = take(static_cast<std::uint64_t>(values.size()) * sizeof(float));
    std::memcpy(values.data(), data.data(), data.size());
  }
};

/// The fields of a config in the file's order, for a writer or a reader.
template <class Config, class Archive>
void transfer_config(Config& config, Archive& archive) {
  archive(config.items);
  archive(config.dim);
  archive(config.max_length);
  archive(config.blocks);
  archive(config.heads);
  archive(config.dropout);
  archive(config.seed);
}

template <class State, class Archive>
void transfer_counters(State& state, Archive& archive) {
  archive(state.epoch);
  archive(state.step);
  archive(state.best_epoch);
  archive(state.best_ndcg10);
  archive(state.optimizer.steps);
}

void write_training(const training_state& state, const model& best, writer& out) {
  transfer_counters(state, out);
  const model& latest = state.latest ? *state.latest : best;
  for_each_parameter(latest, [&](const std::string&, const matrix& values) { out(values); });
  out(state.optimizer.first);
  for (const matrix& moment : state.optimizer.second) out(moment);
}

bool has_extras(const training_state& state) { return !state.objective.empty() || state.reference; }

void write_extras(const training_state& state, writer& out) {
  out(state.objective);
  out(static_cast<std::uint8_t>(state.reference.has_value()));
  if (state.reference)
    for_each_parameter(*state.reference, [&](const std::string&, const matrix& values) { out(values); });
}

void read_extras(training_state& state, const model_config& config, reader& in) {
  in(state.objective);
  if (in.get<std::uint8_t>() == 0) return;
  state.reference.emplace(config);
  for_each_parameter(*state.reference, [&](const std::string&, matrix& values) { in(values); });
}

training_state read_training(const model_config& config, reader& in) {
  training_state state;
  transfer_counters(state, in);
  state.latest.emplace(config);
  const std::vector<matrix*> parameters = parameters_of(*state.latest);
  for (matrix* values : parameters) in(*values);
  const auto moments = in.get<std::uint32_t>();
  if (moments != 0 && moments != parameters.size())
    in.fail(fmt::format("there are {} moments for {} parameters", moments, parameters.size()));
  for (auto* list : {&state.optimizer.first, &state.optimizer.second})
    for (std::uint32_t i = 0; i < moments; ++i)
      in(list->emplace_back(parameters[i]->rows(), parameters[i]->cols()));
  return state;
}

std::vector<std::string> read_item_ids(const model_config& config, reader& in) {
  const auto count = in.get<std::uint32_t>();
  if (count != 0 && count != static_cast<std::uint32_t>(config.items))
    in.fail(fmt::format("there are {} item names for {} items", count, config.items));
  std::vector<std::string> item_ids(count);
  for (std::string& id : item_ids) in(id);
  return item_ids;
}

void read_parameters(model& result, reader& in) {
  const auto count = in.get<std::uint32_t>();
  if (const std::size_t expected = parameters_of(result).size(); count != expected)
    in.fail(fmt::format("there are {} parameters, the file's config asks for {}", count, expected));
  for_each_parameter(result, [&](const std::string& expected, matrix& values) {
    std::string name;
    in(name);
    if (name != expected) in.fail(fmt::format("a parameter is named '{}', expected '{}'", name, expected));
    in(values);
  });
}

/// Leaves the reader at the config, the file being whole and undamaged.
void check_envelope(reader& in) {
  const std::string_view all = in.bytes;
  if (!all.starts_with(magic)) in.fail("this is not a model file of sasrec");
  in.take(magic.size());
  if (const auto found = in.get<std::uint32_t>(); found != version)
    in.fail(fmt::format("the file has version {}, this program reads version {}", found, version));
  if (const auto size = in.get<std::uint64_t>(); size != all.size())
    in.fail(fmt::format("the file is truncated or was appended to: it has {} bytes, expected {}", all.size(),
                        size));
  const std::size_t hashed = all.size() - sizeof(std::uint64_t);
  std::uint64_t hash;
  std::memcpy(&hash, all.data() + hashed, sizeof hash);
  if (hash != fnv1a(all.substr(0, hashed))) in.fail("the file is damaged: its check sum is wrong");
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw checkpoint_error(fmt::format("{}: cannot be read", path.string()));
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

void save(const std::filesystem::path& path, const checkpoint& contents) {
  writer out;
  out.bytes = magic;
  out(version);
  const std::size_t size_at = out.bytes.size();
  out(std::uint64_t{0});  // known at the end
  transfer_config(contents.best.config(), out);
  out(contents.settings);
  out(contents.item_ids);
  out(static_cast<std::uint32_t>(parameters_of(contents.best).size()));
  for_each_parameter(contents.best, [&](const std::string& name, const matrix& values) {
    out(name);
    out(values);
  });
  const bool extras = contents.training && has_extras(*contents.training);
  out(static_cast<std::uint8_t>(extras ? 2 : contents.training ? 1 : 0));
  if (contents.training) write_training(*contents.training, contents.best, out);
  if (extras) write_extras(*contents.training, out);
  const std::uint64_t size = out.bytes.size() + sizeof size;
  std::memcpy(out.bytes.data() + size_at, &size, sizeof size);
  out(fnv1a(out.bytes));

  std::filesystem::path temporary = path;
  temporary += ".part";
  std::ofstream file(temporary, std::ios::binary);
  file.write(out.bytes.data(), static_cast<std::streamsize>(out.bytes.size()));
  file.close();
  std::error_code problem;
  if (file) std::filesystem::rename(temporary, path, problem);
  if (!file || problem) {
    std::filesystem::remove(temporary, problem);
    throw checkpoint_error(fmt::format("{}: cannot be written", path.string()));
  }
}

checkpoint load(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  reader in{bytes, path};
  check_envelope(in);
  model_config config;
  transfer_config(config, in);
  std::string settings;
  in(settings);
  std::vector<std::string> item_ids = read_item_ids(config, in);
  checkpoint contents{model(config), std::move(item_ids), std::move(settings), {}};
  read_parameters(contents.best, in);
  const auto training = in.get<std::uint8_t>();
  if (training != 0) contents.training = read_training(config, in);
  if (training == 2) read_extras(*contents.training, config, in);
  return contents;
}

}  // namespace sasrec
