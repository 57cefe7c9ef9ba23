#include "../checkpoint.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include "../parameters.hpp"
#include "../train.hpp"
#include "circle.hpp"

using namespace sasrec;

namespace {

const model_config tiny{
    .items = 3, .dim = 4, .max_length = 5, .blocks = 1, .heads = 2, .dropout = 0.25f, .seed = 9};

/// A file name of this test's own, removed at the end.
struct temporary_file {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("sasrec_checkpoint_test_" + std::to_string(getpid()));

  ~temporary_file() { std::filesystem::remove(path); }

  std::string read() const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }

  /// What `load` has to say about the file, without the name in front.
  std::string complaint() const {
    try {
      load(path);
    } catch (const checkpoint_error& error) {
      const std::string text = error.what(), name = path.string() + ": ";
      CHECK(text.starts_with(name));
      return text.substr(name.size());
    }
    return "none";
  }
};

bool same_parameters(const model& a, const model& b) {
  const auto of_a = parameters_of(a), of_b = parameters_of(b);
  for (std::size_t i = 0; i < of_a.size(); ++i)
    if (*of_a[i] != *of_b[i]) return false;
  return a.config() == b.config();
}

checkpoint with_training() {
  checkpoint contents{model(tiny), {"a", "", "c d"}, "{\"loss\": \"bce\"}", training_state{}};
  training_state& state = *contents.training;
  state.epoch = 7;
  state.step = 1234567890123;
  state.best_epoch = 5;
  state.best_ndcg10 = 0.125;
  state.latest =
      model({.items = 3, .dim = 4, .max_length = 5, .blocks = 1, .heads = 2, .dropout = 0.25f, .seed = 10});
  state.optimizer.steps = 70;
  float value = 0;
  for (const matrix* one : parameters_of(contents.best)) {
    state.optimizer.first.push_back(matrix::Constant(one->rows(), one->cols(), ++value));
    state.optimizer.second.push_back(matrix::Constant(one->rows(), one->cols(), -value));
  }
  return contents;
}

}  // namespace

TEST_CASE("checkpoint: what was saved is loaded, training state included") {
  const temporary_file file;
  const checkpoint saved = with_training();
  save(file.path, saved);
  const checkpoint loaded = load(file.path);
  CHECK(loaded.best.config() == tiny);
  CHECK(same_parameters(loaded.best, saved.best));
  CHECK(loaded.item_ids == saved.item_ids);
  CHECK(loaded.settings == saved.settings);
  const training_state &state = *loaded.training, &expected = *saved.training;
  CHECK(state.epoch == 7);
  CHECK(state.step == 1234567890123);
  CHECK(state.best_epoch == 5);
  CHECK(state.best_ndcg10 == 0.125);
  CHECK(state.latest->item_embeddings() == expected.latest->item_embeddings());
  CHECK(state.optimizer.steps == 70);
  CHECK(state.optimizer.first == expected.optimizer.first);
  CHECK(state.optimizer.second == expected.optimizer.second);
}

TEST_CASE("checkpoint: an alignment's statistics and its moving reference are part of the training state") {
  const temporary_file file;
  checkpoint saved = with_training();
  save(file.path, saved);
  const std::size_t plain = file.read().size();
  CHECK_FALSE(load(file.path).training->reference);

  saved.training->objective = "gap_state mean=0";
  save(file.path, saved);
  CHECK(file.read().size() == plain + 4 + saved.training->objective.size() + 1);
  CHECK(load(file.path).training->objective == "gap_state mean=0");

  saved.training->reference = *saved.training->latest;
  save(file.path, saved);
  const checkpoint loaded = load(file.path);
  CHECK(loaded.training->objective == "gap_state mean=0");
  REQUIRE(loaded.training->reference);
  CHECK(parameters_of(*loaded.training->reference).size() == parameters_of(saved.best).size());
  CHECK(loaded.training->reference->item_embeddings() == saved.training->latest->item_embeddings());
}

TEST_CASE("checkpoint: a run continued from its file ends where an uninterrupted one does, bit for bit") {
  const temporary_file file;
  const auto sequences = testing::circle(12, 30, 20);
  train_options options;
  options.batch_size = 8;
  options.epochs = 4;
  checkpoint whole{model({.items = 12, .dim = 8, .max_length = 8}), {}, "", training_state{}};
  checkpoint first_half = whole;
  train(whole.best, sequences, options, *whole.training);
  options.epochs = 2;
  train(first_half.best, sequences, options, *first_half.training);
  save(file.path, first_half);
  checkpoint resumed = load(file.path);
  options.epochs = 4;
  train(resumed.best, sequences, options, *resumed.training);
  CHECK(same_parameters(resumed.best, whole.best));
  CHECK(resumed.training->optimizer.first == whole.training->optimizer.first);
}

TEST_CASE(
    "checkpoint: a model may come without item names, and without a training state or with a fresh one") {
  const temporary_file file;
  save(file.path, {model(tiny), {}, "", {}});
  CHECK(load(file.path).item_ids.empty());
  CHECK_FALSE(load(file.path).training);
  save(file.path, {model(tiny), {}, "", training_state{}});
  const checkpoint loaded = load(file.path);
  CHECK(loaded.training->epoch == 0);
  CHECK(loaded.training->optimizer.first.empty());
}

TEST_CASE("checkpoint: saving leaves no temporary file and a failure leaves the old file") {
  const temporary_file file;
  save(file.path, {model(tiny), {}, "first", {}});
  CHECK_FALSE(std::filesystem::exists(file.path.string() + ".part"));
  const std::filesystem::path nowhere = file.path / "below_a_file";
  CHECK_THROWS_WITH_AS(save(nowhere, {model(tiny), {}, "", {}}),
                       (nowhere.string() + ": cannot be written").c_str(), checkpoint_error);
  CHECK(load(file.path).settings == "first");
}

TEST_CASE(
    "checkpoint: a file that is not whole, not ours or not of this version is refused with the reason") {
  const temporary_file file;
  CHECK(file.complaint() == "cannot be read");
  file.write("user\titem\n");
  CHECK(file.complaint() == "this is not a model file of sasrec");

  save(file.path, with_training());
  const std::string whole = file.read();
  const std::string of = " bytes, expected " + std::to_string(whole.size());
  file.write(whole.substr(0, 10));
  CHECK(file.complaint() == "the file is truncated");
  file.write(whole.substr(0, whole.size() - 1));
  CHECK(file.complaint() ==
        "the file is truncated or was appended to: it has " + std::to_string(whole.size() - 1) + of);
  file.write(whole + "x");
  CHECK(file.complaint() ==
        "the file is truncated or was appended to: it has " + std::to_string(whole.size() + 1) + of);

  std::string changed = whole;
  changed[8] = 2;
  file.write(changed);
  CHECK(file.complaint() == "the file has version 2, this program reads version 1");
  changed = whole;
  changed[whole.size() / 2] ^= 1;
  file.write(changed);
  CHECK(file.complaint() == "the file is damaged: its check sum is wrong");
}
