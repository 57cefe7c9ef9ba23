#pragma once

namespace prefopt::selections {

/// Every unmasked rejected item counts.
struct all {};

}  // namespace prefopt::selections
