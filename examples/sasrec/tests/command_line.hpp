#pragma once

#include <cstdlib>
#include <string>

#include <sys/wait.h>

#include "../text_file.hpp"
#include "test_files.hpp"

/// \file
/// Programs as people run them: arguments in, text, files and an exit status out. SASREC_PROGRAM is the path of the one under
/// test.

namespace sasrec::testing {

struct outcome {
  int status = 0;
  std::string out, err;
};

/// Runs `SASREC_PROGRAM arguments` in `folder`.
inline outcome run(const temporary_folder& folder, const std::string& arguments,
                   const std::string& before = "") {
  const std::string command = "cd '" + folder.path().string() + "' && " + before + "'" SASREC_PROGRAM "' " +
                              arguments + " >stdout 2>stderr";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(folder.path() / "stdout"),
          read_text(folder.path() / "stderr")};
}

/// 60 users who walk along a circle of 30 items, each from a place of her own.
inline std::string circle_log() {
  std::string text;
  for (int user = 0; user < 60; ++user) {
    text += "u" + std::to_string(user);
    for (int step = 0; step < 8; ++step) text += " i" + std::to_string((user * 7 + step) % 30);
    text += "\n";
  }
  return text;
}

inline const std::string tiny = " --dim 16 --max-length 8 --blocks 1 --batch-size 16 --learning-rate 0.01";

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace sasrec::testing
