// placeholder until shared helpers land
