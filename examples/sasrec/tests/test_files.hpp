#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <zlib.h>

/// \file
/// Files for tests: a folder that disappears with the test, and what a call throws.

namespace sasrec::testing {

/// A new, empty folder for as long as this lives.
class temporary_folder {
 public:
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sasrec-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create a temporary folder");
    path_ = name;
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

  /// Writes `text` to a file in the folder and returns its path.
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }

  /// The same, gzipped.
  std::filesystem::path write_gzipped(const std::string& name, std::string_view text) const {
    const gzFile file = gzopen((path_ / name).c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// What `call` throws, with the folder's path taken off the front; "" if it throws nothing.
template <class Call>
std::string error_of(const temporary_folder& folder, const Call& call) {
  try {
    call();
  } catch (const std::exception& error) {
    std::string text = error.what();
    const std::string prefix = folder.path().string() + "/";
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
    return text;
  }
  return "";
}

}  // namespace sasrec::testing
