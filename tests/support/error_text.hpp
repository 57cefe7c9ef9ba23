#pragma once

#include <string>

#include <prefopt/error.hpp>

/// What `call` says when it throws `invalid_argument`; empty if it does not.
template <class Call>
std::string error_text(const Call& call) {
  try {
    call();
  } catch (const prefopt::invalid_argument& error) {
    return error.what();
  }
  return {};
}
