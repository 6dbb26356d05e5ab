"""Made pictures: real stalls, and stalls put together from real goods, set into real streets."""
